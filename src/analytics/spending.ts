import type { EntityManager } from '@mikro-orm/core';
import type { User } from '../ledger/user.js';
import { type CalendarUnit, DAY_MS, firstDayAfter, firstDayOf, WallClock } from '../local-time.js';
import { type Period, previousPeriod } from './period.js';
import { loadSpending, type SpendingRow, type SpendingRows } from './spending-rows.js';
import { add, emptyTally, type Tally, tallyBy } from './tally.js';

/** A whole day, ISO week or month of the user's calendar; its tally counts only what lies in the period. */
export interface Bucket {
  readonly start: Date;
  readonly end: Date;
  readonly tally: Tally;
}

/** One user's spending in a period, to be looked at from several sides. */
export interface Spending extends SpendingRows {
  readonly period: Period;
  readonly timeZone: string;
}

/** More than the longest calendar unit has. */
const UNIT_MS_MAX = 32 * DAY_MS;

export async function findSpending(
  em: EntityManager,
  { id, timeZone }: Pick<User, 'id' | 'timeZone'>,
  period: Period,
): Promise<Spending> {
  return { ...(await loadSpending(em, id, period, previousPeriod(period))), period, timeZone };
}

export function byCategory({ rows }: Spending): ReadonlyMap<string, Tally> {
  return tallyBy(rows, ({ category }) => category);
}

export function byMerchant({ rows }: Spending): ReadonlyMap<string, Tally> {
  return tallyBy(rows, ({ merchant }) => merchant);
}

/** Net spending of the previous period. */
export function previousTotal({ previous }: Spending): bigint {
  return [...previous.values()].reduce((sum, amount) => sum + amount, 0n);
}

/** Every unit that the period touches, in order, empty ones too. */
export function seriesOf({ rows, period, timeZone }: Spending, unit: CalendarUnit): Bucket[] {
  const [from, to] = [period.from.getTime(), period.to.getTime()];
  const clock = new WallClock(timeZone, from - UNIT_MS_MAX, to + UNIT_MS_MAX);
  const buckets: Bucket[] = [];
  let next = 0;
  let day = firstDayOf(unit, clock.dayOf(from));
  let start = clock.startOf(day);
  while (start < to) {
    day = firstDayAfter(unit, day);
    const end = clock.startOf(day);
    // A date that a zone skipped, as Samoa did one, has no instants and no bucket.
    if (end === start) continue;
    const tally = emptyTally();
    for (let row = rows[next]; row && row.at < end; row = rows[next]) {
      add(tally, row);
      next += 1;
    }
    buckets.push({ start: new Date(start), end: new Date(end), tally });
    start = end;
  }
  return buckets;
}

/** The 24 hours of the user's clock, each with what was spent in it on all days together. */
export function byHourOfDay(rows: readonly SpendingRow[], timeZone: string): Tally[] {
  const hours = Array.from({ length: 24 }, emptyTally);
  const [first, last] = [rows[0], rows.at(-1)];
  if (!first || !last) return hours;
  const clock = new WallClock(timeZone, first.at, last.at);
  for (const row of rows) add(hours[clock.hourOf(row.at)] as Tally, row);
  return hours;
}
