import type { EntityManager } from '@mikro-orm/core';
import type { User } from '../ledger/user.js';
import { DAY_MS, firstOfMonth, WallClock } from '../local-time.js';
import { byHourOfDay } from './spending.js';
import { loadSpending, type SpendingRow } from './spending-rows.js';
import { netOf, ranked, type Tally, tallyBy, tallyOf } from './tally.js';

/** The habits of how many days are told; as many as hold this month and the one before. */
export const INSIGHT_DAYS = 90;

const USUAL_HOURS = 3;
const TOP = 5;

/** This month against the one before, in minor units of the base currency; a month begins at midnight of the user's clock. */
export interface MonthInsights {
  readonly start: Date;
  readonly end: Date;
  /** The day of the month that it is, and how many the month has. */
  readonly day: number;
  readonly days: number;
  readonly toDate: bigint;
  /** What was spent in the month before up to the same day and time. */
  readonly previousToDate: bigint;
  readonly previous: bigint;
}

export interface UserInsights {
  readonly since: Date;
  readonly tally: Tally;
  /** Local hours with the most purchases. */
  readonly usualHours: ReadonlyArray<readonly [hour: number, tally: Tally]>;
  readonly topCategories: ReadonlyArray<readonly [string, Tally]>;
  readonly topMerchants: ReadonlyArray<readonly [string, Tally]>;
  readonly month: MonthInsights;
}

/** What a user's last 90 days and this month show, as of an instant. */
export async function findInsights(em: EntityManager, user: User, asOf: Date): Promise<UserInsights> {
  const now = asOf.getTime();
  const since = new Date(now - INSIGHT_DAYS * DAY_MS);
  // What was made at this very millisecond counts.
  const period = { from: since, to: new Date(now + 1) };
  const { rows } = await loadSpending(em, user.id, period, { from: since, to: since });
  return {
    since,
    tally: tallyOf(rows),
    usualHours: usualHours(byHourOfDay(rows, user.timeZone)),
    topCategories: ranked(tallyBy(rows, ({ category }) => category)).slice(0, TOP),
    topMerchants: ranked(tallyBy(rows, ({ merchant }) => merchant)).slice(0, TOP),
    month: monthOf(rows, user.timeZone, now),
  };
}

function usualHours(hours: readonly Tally[]): ReadonlyArray<readonly [number, Tally]> {
  return hours
    .map((tally, hour) => [hour, tally] as const)
    .filter(([, { count }]) => count > 0)
    .sort(([hourA, a], [hourB, b]) => b.count - a.count || hourA - hourB)
    .slice(0, USUAL_HOURS);
}

function monthOf(rows: readonly SpendingRow[], timeZone: string, now: number): MonthInsights {
  const clock = new WallClock(timeZone, now - INSIGHT_DAYS * DAY_MS, now + INSIGHT_DAYS * DAY_MS);
  const today = clock.dayOf(now);
  const [firstBefore, first, firstAfter] = [-1, 0, 1].map((later) => firstOfMonth(today, later)) as [
    number,
    number,
    number,
  ];
  const [before, start, end] = [clock.startOf(firstBefore), clock.startOf(first), clock.startOf(firstAfter)];
  const timeOfDay = now - clock.startOf(today);
  // One that the month before lacks, such as its 31st, stands for its end.
  const sameDay = Math.min(clock.startOf(firstBefore + today - first) + timeOfDay + 1, start);
  const net = (from: number, to: number) => netOf(tallyOf(rows.filter(({ at }) => at >= from && at < to)));
  return {
    start: new Date(start),
    end: new Date(end),
    day: today - first + 1,
    days: firstAfter - first,
    toDate: net(start, end),
    previousToDate: net(before, sameDay),
    previous: net(before, start),
  };
}
