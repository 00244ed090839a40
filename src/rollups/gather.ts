import type { EntityManager, MikroORM } from '@mikro-orm/core';
import { inTransaction } from '../db/transaction.js';
import { Event, EventLogHead, HEAD_ID } from '../events/event.js';
import { contributionsOfEvents } from './advance.js';
import type { Contribution, Measure } from './contributions.js';
import { createDayOf } from './day-calendar.js';
import { readEdge } from './read-edge.js';
import { readDailySums, readTotalSums } from './read-rollups.js';
import { ROLLUP_HEAD_ID, RollupHead } from './rollup.js';
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
    const head = await em.findOneOrFail(RollupHead, ROLLUP_HEAD_ID);
    const timeZone = head.timeZone as string;
    const days = divideSpan(span, timeZone);
    const contributions = [
      ...(await readDailySums(em, wanted.daily, days)),
      ...(await readTotalSums(em, wanted.total, days)),
    ];
    for (const edge of days.edges) contributions.push(...(await readEdge(em, edge)));
    const newest = await readNewest(em, head);
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
  readonly events: readonly Event[];
  /** When the rollups are too far behind: the instant of the newest event that they count. */
  readonly behindSince?: Date;
}

async function readNewest(em: EntityManager, { position }: RollupHead): Promise<Newest> {
  const log = await em.findOneOrFail(EventLogHead, HEAD_ID);
  if (log.position - position > NEWEST_MAX) {
    const event = await em.findOne(Event, position);
    return { events: [], behindSince: event?.occurredAt ?? new Date(0) };
  }
  if (log.position === position) return { events: [] };
  return {
    events: await em.find(
      Event,
      { position: { $gt: position } },
      { orderBy: { position: 'asc' }, disableIdentityMap: true },
    ),
  };
}
