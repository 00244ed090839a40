import type { EntityManager } from '@mikro-orm/core';
import { type Dialect, dialectOf } from '../db/dialect.js';
import { prepare, runPrepared } from '../db/prepared.js';
import { reachOf } from '../fraud/assess.js';
import type { ActivitySums } from '../ledger/activity.js';
import { type Direction, directions, type TransactionType } from '../ledger/transaction.js';
import { startOfLocalDay } from '../local-time.js';
import type { Settings } from './settings.js';
import type { Activity, UserState } from './user-state.js';

/** The types of each direction that rules and limits count, as SQL; refunds are neither. */
const typesOf = (direction: Direction): string =>
  (Object.keys(directions) as TransactionType[])
    .filter((type) => directions[type] === direction && type !== 'REFUND')
    .map((type) => `'${type}'`)
    .join(', ');

type Whole = string | number;

interface ActivityRow {
  readonly user_id: string;
  /** What is stored: from when on, and the sums; `null` for who has none. */
  readonly stored_since: Whole | null;
  readonly debit_count: Whole;
  readonly debit_total: Whole;
  readonly credit_count: Whole;
  readonly credit_total: Whole;
  readonly spent_today: Whole;
  /** The sums of what lies between where the stored history begins and where it is to begin. */
  readonly moved_debit_count: Whole;
  readonly moved_debit_total: Whole;
  readonly moved_credit_count: Whole;
  readonly moved_credit_total: Whole;
  readonly newest: string | readonly number[] | null;
}

/**
 * Loads the recent past of the users whose transactions a batch may add to or change: one query for all of them. The sums
 * of the history are stored; what is read of it is what has left it since they were.
 */
export async function loadActivities(
  em: EntityManager,
  states: ReadonlyMap<string, UserState>,
  instants: ReadonlyMap<string, Date>,
  settings: Settings,
): Promise<void> {
  if (states.size === 0) return;
  const reach = reachOf(settings.fraud);
  const dialect = dialectOf(em);
  const records = [...states].map(([userId, state]) => {
    const at = instants.get(userId) as Date;
    // A user who is only created by this batch has no past: any day that has begun will do.
    const activity = emptyActivity(at, reach.historySeconds, state.user?.timeZone ?? 'UTC');
    state.activity = activity;
    return {
      user_id: userId,
      at: dialect.instant(at),
      since: dialect.instant(activity.historySince),
      day_start: dialect.instant(activity.dayStart),
    };
  });
  const sql = activitySql(dialect, reach.newest);
  for (const row of await runPrepared<ActivityRow>(em, sql, [JSON.stringify(records)])) {
    takeIn((states.get(row.user_id) as UserState).getActivity(), row);
  }
}

function emptyActivity(at: Date, historySeconds: number, timeZone: string): Activity {
  return {
    spentToday: 0n,
    dayStart: startOfLocalDay(at, timeZone),
    historySince: new Date(at.getTime() - historySeconds * 1000),
    newest: [],
    completed: { debit: { count: 0n, total: 0n }, credit: { count: 0n, total: 0n } },
    sameAt: new Map(),
    changed: false,
  };
}

const statements = new Map<string, string>();

/** All reads are bounded: the stored sums, what left the history since, a day that has just begun, the newest few. */
function activitySql({ name, millis, jsonArray, recordset }: Dialect, newestCount: number): string {
  const key = `${name} ${newestCount}`;
  const known = statements.get(key);
  if (known) return known;
  const asked = recordset('$1', 'asked', [
    ['user_id', 'text'],
    ['at', 'timestamptz'],
    ['since', 'timestamptz'],
    ['day_start', 'timestamptz'],
  ]);
  // Whoever has no sums yet has all of the history read, once.
  const least = `case when sums.history_since < asked.since then sums.history_since else asked.since end`;
  const greatest = `case when sums.history_since is null then asked.at when sums.history_since > asked.since then sums.history_since else asked.since end`;
  const moved = (direction: Direction) => `filter (where t.type in (${typesOf(direction)}))`;
  const sql = prepare(`
    select asked.user_id, ${millis('sums.history_since')} as stored_since,
      coalesce(sums.debit_count, 0) as debit_count, coalesce(sums.debit_total, 0) as debit_total,
      coalesce(sums.credit_count, 0) as credit_count, coalesce(sums.credit_total, 0) as credit_total,
      case when sums.day_start = asked.day_start then sums.spent_today else (
        select coalesce(sum(d.base_amount), 0) from transactions d
        where d.user_id = asked.user_id and d.created_at >= asked.day_start
          and d.type in (${typesOf('debit')}) and d.status in ('PENDING', 'COMPLETED')) end as spent_today,
      count(t.id) ${moved('debit')} as moved_debit_count,
      coalesce(sum(t.base_amount) ${moved('debit')}, 0) as moved_debit_total,
      count(t.id) ${moved('credit')} as moved_credit_count,
      coalesce(sum(t.base_amount) ${moved('credit')}, 0) as moved_credit_total,
      (select ${jsonArray('newest.made')} from (
        select ${millis('n.created_at')} as made from transactions n
        where n.user_id = asked.user_id and n.type <> 'REFUND'
        order by n.created_at desc, n.id desc limit ${newestCount}) newest) as newest
    from ${asked}
    left join activity_sums sums on sums.user_id = asked.user_id
    left join transactions t on t.user_id = asked.user_id and t.status = 'COMPLETED'
      and t.created_at > ${least} and t.created_at <= ${greatest}
    group by asked.user_id, asked.at, asked.since, asked.day_start, sums.user_id, sums.history_since, sums.debit_count,
      sums.debit_total, sums.credit_count, sums.credit_total, sums.day_start, sums.spent_today`);
  statements.set(key, sql);
  return sql;
}

function takeIn(activity: Activity, row: ActivityRow): void {
  activity.spentToday = BigInt(row.spent_today);
  activity.newest = readNewest(row.newest);
  // What lies between is added when the history now begins earlier than what is stored, and taken away otherwise.
  const earlier = row.stored_since === null || activity.historySince.getTime() < Number(row.stored_since);
  const sign = earlier ? 1n : -1n;
  for (const direction of ['debit', 'credit'] as const) {
    const sums = activity.completed[direction];
    const movedCount = BigInt(row[`moved_${direction}_count`]);
    sums.count = BigInt(row[`${direction}_count`]) + sign * movedCount;
    sums.total = BigInt(row[`${direction}_total`]) + sign * BigInt(row[`moved_${direction}_total`]);
    // Read once and kept, so that the next command need not read it again.
    if (movedCount > 0n) activity.changed = true;
  }
}

function readNewest(newest: ActivityRow['newest']): number[] {
  const made = typeof newest === 'string' ? (JSON.parse(newest) as number[]) : (newest ?? []);
  return [...made].sort((a, b) => b - a);
}

/** The sums to be stored for a user, when they are not what is stored. */
export function sumsOf(userId: string, activity: Activity | undefined): ActivitySums | undefined {
  if (!activity?.changed) return undefined;
  const { completed, historySince, dayStart, spentToday } = activity;
  return {
    userId,
    historySince,
    debitCount: completed.debit.count,
    debitTotal: completed.debit.total,
    creditCount: completed.credit.count,
    creditTotal: completed.credit.total,
    dayStart,
    spentToday,
  };
}
