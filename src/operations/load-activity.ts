import type { EntityManager } from '@mikro-orm/core';
import { dialectOf, query } from '../db/dialect.js';
import { reachOf } from '../fraud/assess.js';
import { type Direction, directions, type TransactionType } from '../ledger/transaction.js';
import { startOfLocalDay } from '../local-time.js';
import type { Command, Likeness } from './command.js';
import type { Settings } from './settings.js';
import { type Activity, likenessKey, type UserState } from './user-state.js';

/** The types of each direction that rules and limits count, as SQL; refunds are neither. */
const typesOf = (direction: Direction): string =>
  (Object.keys(directions) as TransactionType[])
    .filter((type) => directions[type] === direction && type !== 'REFUND')
    .map((type) => `'${type}'`)
    .join(', ');

interface ActivityRow {
  readonly user_id: string;
  readonly debit_count: string | number;
  readonly debit_total: string | number;
  readonly credit_count: string | number;
  readonly credit_total: string | number;
  readonly spent_today: string | number;
  readonly newest: string | readonly number[] | null;
}

/** Loads the recent past of every user whom a command of the batch is going to score: two queries for all of them. */
export async function loadActivities(
  em: EntityManager,
  commands: ReadonlyArray<Command<unknown>>,
  states: ReadonlyMap<string, UserState>,
  instants: ReadonlyMap<string, Date>,
  settings: Settings,
): Promise<void> {
  const asked = commands.flatMap(({ userId, needs }) => {
    const state = states.get(userId);
    const at = instants.get(userId);
    return needs.likeness && state && at ? [{ userId, state, at, likeness: needs.likeness }] : [];
  });
  if (asked.length === 0) return;
  const reach = reachOf(settings.fraud);
  for (const { state, at } of asked) {
    // A user who is only created by this batch has no past: any day that has begun will do.
    state.activity ??= emptyActivity(at, reach.historySeconds, state.user?.timeZone ?? 'UTC');
  }
  await loadTotals(em, asked, reach.newest);
  await loadSame(em, asked, reach.sameSeconds);
}

interface Asked {
  readonly userId: string;
  readonly state: UserState;
  readonly at: Date;
  readonly likeness: Likeness;
}

function emptyActivity(at: Date, historySeconds: number, timeZone: string): Activity {
  return {
    spentToday: 0n,
    dayStart: startOfLocalDay(at, timeZone),
    historySince: new Date(at.getTime() - historySeconds * 1000),
    newest: [],
    completed: { debit: { count: 0n, total: 0n }, credit: { count: 0n, total: 0n } },
    sameAt: new Map(),
  };
}

/** Sums of the day and of the rules' history, and the instants of the newest few rows: bounded index reads. */
async function loadTotals(em: EntityManager, asked: readonly Asked[], newestCount: number): Promise<void> {
  const { millis, jsonArray } = dialectOf(em);
  const states = new Map(asked.map(({ userId, state }) => [userId, state]));
  const values = [...states].flatMap(([userId, state]) => {
    const { dayStart, historySince } = state.getActivity();
    const since = new Date(Math.min(dayStart.getTime(), historySince.getTime()));
    return [userId, since, historySince, dayStart];
  });
  const instant = 'cast(? as timestamptz)';
  const completed = (direction: Direction) =>
    `t.status = 'COMPLETED' and t.type in (${typesOf(direction)}) and t.created_at > asked.history_since`;
  const rows = await query<ActivityRow>(
    em,
    `with asked (user_id, since, history_since, day_start) as (
       values ${Array(states.size).fill(`(?, ${instant}, ${instant}, ${instant})`).join(', ')})
     select asked.user_id,
       count(*) filter (where ${completed('debit')}) as debit_count,
       coalesce(sum(t.base_amount) filter (where ${completed('debit')}), 0) as debit_total,
       count(*) filter (where ${completed('credit')}) as credit_count,
       coalesce(sum(t.base_amount) filter (where ${completed('credit')}), 0) as credit_total,
       coalesce(sum(t.base_amount) filter (where t.type in (${typesOf('debit')})
         and t.status in ('PENDING', 'COMPLETED') and t.created_at >= asked.day_start), 0) as spent_today,
       (select ${jsonArray('newest.made')} from (
          select ${millis('n.created_at')} as made from transactions n
          where n.user_id = asked.user_id and n.type <> 'REFUND'
          order by n.created_at desc, n.id desc limit ${newestCount}) newest) as newest
     from asked
     left join transactions t on t.user_id = asked.user_id and t.created_at >= asked.since
     group by asked.user_id`,
    values,
  );
  for (const row of rows) {
    const activity = (states.get(row.user_id) as UserState).getActivity();
    activity.spentToday = BigInt(row.spent_today);
    activity.newest = readNewest(row.newest);
    activity.completed.debit = { count: BigInt(row.debit_count), total: BigInt(row.debit_total) };
    activity.completed.credit = { count: BigInt(row.credit_count), total: BigInt(row.credit_total) };
  }
}

function readNewest(newest: ActivityRow['newest']): number[] {
  const made = typeof newest === 'string' ? (JSON.parse(newest) as number[]) : (newest ?? []);
  return [...made].sort((a, b) => b - a);
}

/** When the newest transaction like each asked one was made, within the reach of the duplicate rule. */
async function loadSame(em: EntityManager, asked: readonly Asked[], sameSeconds: number): Promise<void> {
  const { millis } = dialectOf(em);
  const values = asked.flatMap(({ userId, at, likeness }, index) => [
    index,
    userId,
    likeness.type,
    likeness.amount,
    likeness.currency,
    likeness.merchantName ?? '',
    new Date(at.getTime() - sameSeconds * 1000),
  ]);
  const rows = await query<{ place: number; same_at: string | number | null }>(
    em,
    `with asked (place, user_id, type, amount, currency, merchant, since) as (
       values ${asked.map(() => '(?, ?, ?, cast(? as bigint), ?, ?, cast(? as timestamptz))').join(', ')})
     select asked.place, (
       select ${millis('t.created_at')} from transactions t
       where t.user_id = asked.user_id and t.created_at > asked.since and t.type = asked.type
         and t.amount = asked.amount and t.currency = asked.currency and coalesce(t.merchant_name, '') = asked.merchant
       order by t.created_at desc limit 1) as same_at
     from asked`,
    values,
  );
  for (const { place, same_at } of rows) {
    const { state, likeness } = asked[place] as Asked;
    if (same_at !== null) state.getActivity().sameAt.set(likenessKey(likeness), Number(same_at));
  }
}
