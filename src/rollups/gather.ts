import type { EntityManager, MikroORM } from '@mikro-orm/core';
import { query } from '../db/dialect.js';
import { inTransaction } from '../db/transaction.js';
import { Event, HEAD_ID } from '../events/event.js';
import { contributionsOfEvents } from './advance.js';
import type { TransactionEvent } from './changes.js';
import type { Contribution, Measure } from './contributions.js';
import { createDayOf } from './day-calendar.js';
import { readEdge } from './read-edge.js';
import { readLog } from './read-log.js';
import { readDailySums, readTotalSums } from './read-rollups.js';
import { ROLLUP_HEAD_ID } from './rollup.js';
import { divideSpan, type Span } from './spans.js';

/** How many events newer than the rollups an answer adds; beyond it, it is as of the rollups. */
export const NEWEST_MAX = 10_000;

/** What to gather: which measures day by day, and which only as a whole. */
export interface Wanted {
  readonly daily: readonly Measure[];
  readonly total: readonly Measure[];
}

export interface Gathered {
  readonly contributions: readonly Contribution[];
  /** The time zone whose days they are of. */
  readonly timeZone: string;
  /** All that happened by then is counted. */
  readonly asOf: Date;
}

/**
 * All that adds to some measures in a span of time: the rollups of its whole days, the events that they do not count yet,
 * and the rows of the days that it only touches; of one snapshot, so that they fit together. `also` reads what else
 * an answer needs in the same snapshot.
 */
export async function gather<T>(
  orm: MikroORM,
  now: Date,
  span: Span,
  wanted: Wanted,
  also: (em: EntityManager) => Promise<T>,
): Promise<Gathered & { readonly also: T }> {
  const em = orm.em.fork();
  const read = async () => {
    const heads = await readHeads(em);
    const { timeZone } = heads;
    const days = divideSpan(span, timeZone);
    const contributions = [
      ...(await readDailySums(em, wanted.daily, days)),
      ...(await readTotalSums(em, wanted.total, days)),
    ];
    for (const edge of days.edges) contributions.push(...(await readEdge(em, edge)));
    const newest = await readNewest(em, heads);
    const measures = new Set([...wanted.daily, ...wanted.total]);
    const inWholeDays = ({ day }: Contribution) => day >= days.firstDay && day < days.endDay;
    contributions.push(
      ...(await contributionsOfEvents(em, newest.events, createDayOf(timeZone))).filter(inWholeDays),
    );
    return {
      contributions: contributions.filter(({ measure }) => measures.has(measure)),
      timeZone,
      asOf: newest.behindSince ?? now,
      also: await also(em),
    };
  };
  return inTransaction(em, read, { snapshot: true });
}

interface Newest {
  readonly events: readonly TransactionEvent[];
  /** When the rollups are too far behind: the instant of the newest event that they count. */
  readonly behindSince?: Date;
}

/** Where the rollups and the log stand. */
interface Heads {
  readonly position: number;
  readonly timeZone: string;
  readonly logPosition: number;
}

async function readHeads(em: EntityManager): Promise<Heads> {
  const [row] = await query<{ position: number | string; log_position: number | string; time_zone: string }>(
    em,
    `select r.position, r.time_zone, l.position as log_position
     from rollup_head r cross join event_log_head l where r.id = ? and l.id = ?`,
    [ROLLUP_HEAD_ID, HEAD_ID],
  );
  if (!row) throw new Error('the heads of the log and of the rollups are gone');
  return {
    position: Number(row.position),
    logPosition: Number(row.log_position),
    timeZone: row.time_zone,
  };
}

async function readNewest(em: EntityManager, { position, logPosition }: Heads): Promise<Newest> {
  if (logPosition - position > NEWEST_MAX) {
    const event = await em.findOne(Event, position);
    return { events: [], behindSince: event?.occurredAt ?? new Date(0) };
  }
  if (logPosition === position) return { events: [] };
  return readLog(em, position, logPosition);
}
