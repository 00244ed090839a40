import { setImmediate, setTimeout } from 'node:timers/promises';
import type { EntityManager, MikroORM } from '@mikro-orm/core';
import { query } from '../db/dialect.js';
import { inTransaction } from '../db/transaction.js';
import { EventLogHead, HEAD_ID } from '../events/event.js';
import { changesOf, loadSurroundings, type TransactionEvent } from './changes.js';
import type { Contribution } from './contributions.js';
import { createDayOf, type DayOf } from './day-calendar.js';
import { readLog } from './read-log.js';
import { ROLLUP_HEAD_ID, RollupHead } from './rollup.js';
import { Sums } from './sums.js';

/** Read at a time: a few milliseconds of work. */
const PAGE = 100;

/** How long following the log rests for each millisecond that it worked: whoever moves money comes first. */
const REST = 2;
/** And how long at most: a page that waited for the database is no reason to hold up a shutdown. */
const REST_MAX_MS = 50;

/** What one attempt to follow the log came to; `outrun` when another server did the same work first. */
export type Advance = 'more' | 'done' | 'outrun';

/**
 * Adds the next events of the log to the rollups. All is read and added up first; then one short transaction moves the
 * head from where it was read, and writes the sums, or does neither. So each event counts exactly once, whichever
 * servers try it at the same time and wherever they are killed, and nobody who moves money waits for more than two writes.
 */
export async function advance(orm: MikroORM, batchMax: number): Promise<Advance> {
  const em = orm.em.fork();
  const head = await em.findOneOrFail(RollupHead, ROLLUP_HEAD_ID, { disableIdentityMap: true });
  if (head.timeZone === null) return 'done';
  const { sums, position } = await addUp(
    em,
    head.position,
    head.position + batchMax,
    head.timeZone,
    (workedMs) => setTimeout(Math.min(workedMs * REST, REST_MAX_MS)),
  );
  if (position === head.position) return 'done';
  const moved = await inTransaction(em, async () => {
    const rows = await query<{ id: number }>(
      em,
      `update rollup_head set position = ? where id = ? and position = ? and time_zone = ? returning id`,
      [position, ROLLUP_HEAD_ID, head.position, head.timeZone],
    );
    if (rows.length === 1) await writeSums(em, sums.list());
    return rows.length === 1;
  });
  if (!moved) return 'outrun';
  return position === head.position + batchMax ? 'more' : 'done';
}

/**
 * Adds up the log after one position and up to another, or to its end: a page at a time, with a `pause` after each so that
 * others have their turn.
 */
export async function addUp(
  em: EntityManager,
  after: number,
  upTo: number,
  timeZone: string,
  pause: (workedMs: number) => Promise<unknown> = () => setImmediate(),
): Promise<{ readonly sums: Sums; readonly position: number }> {
  const sums = new Sums();
  const dayOf = createDayOf(timeZone);
  let position = after;
  while (position < upTo) {
    const begun = performance.now();
    const pageEnd = Math.min(position + PAGE, upTo);
    const { events, end } = await readLog(em, position, pageEnd);
    sums.add(await contributionsOfEvents(em, events, dayOf));
    position = end;
    if (position < pageEnd) break;
    await pause(performance.now() - begun);
  }
  return { sums, position };
}

/** What events, in the log's order, change of the sums. */
export async function contributionsOfEvents(
  em: EntityManager,
  events: readonly TransactionEvent[],
  dayOf: DayOf,
): Promise<Contribution[]> {
  const surroundings = await loadSurroundings(em, events);
  return events.flatMap((event) => changesOf(event, surroundings, dayOf));
}

async function writeSums(em: EntityManager, sums: readonly Contribution[]): Promise<void> {
  if (sums.length === 0) return;
  await query(
    em,
    `insert into rollups (measure, day, label, count, amount)
     values ${sums.map(() => '(?, ?, ?, ?, ?)').join(', ')}
     on conflict (measure, day, label) do update
     set count = rollups.count + excluded.count, amount = rollups.amount + excluded.amount`,
    sums.flatMap(({ measure, day, label, count, amount }) => [measure, day, label, count, amount]),
  );
}

/** How many events the rollups are behind the log. */
export async function lagOf(em: EntityManager): Promise<number> {
  const head = await em.findOneOrFail(RollupHead, ROLLUP_HEAD_ID, { disableIdentityMap: true });
  const log = await em.findOneOrFail(EventLogHead, HEAD_ID, { disableIdentityMap: true });
  return log.position - head.position;
}
