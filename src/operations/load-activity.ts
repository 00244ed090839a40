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
/** A JSON list, as the database gives it or already read. */
type List<T> = string | readonly T[] | null;

interface ActivityRow {
  readonly user_id: string;
  /** What is stored: where the history began, and its sums; `null` for who has none. */
  readonly stored_since: Whole | null;
  readonly debit_count: Whole | null;
  readonly debit_total: Whole | null;
  readonly credit_count: Whole | null;
  readonly credit_total: Whole | null;
  readonly spent_today: Whole;
  /** Debits' count and total, then credits', of what lies between where the history began and where it is to begin. */
  readonly moved: List<string>;
  readonly newest: List<number>;
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
function activitySql(dialect: Dialect, newestCount: number): string {
  const { name, millis, jsonArray, jsonList, joinOne, recordset } = dialect;
  const key = `${name} ${newestCount}`;
  const known = statements.get(key);
  if (known) return known;
  const asked = recordset('$1', 'asked', [
    ['user_id', 'text'],
    ['at', 'timestamptz'],
    ['since', 'timestamptz'],
    ['day_start', 'timestamptz'],
  ]);
  const sumsOf = (direction: Direction) => {
    const filter = `filter (where t.type in (${typesOf(direction)}))`;
    return [
      `cast(count(*) ${filter} as text)`,
      `cast(coalesce(sum(t.base_amount) ${filter}, 0) as text)`,
    ] as const;
  };
  const sql = prepare(`
    select asked.user_id, ${millis('sums.history_since')} as stored_since, sums.debit_count, sums.debit_total,
      sums.credit_count, sums.credit_total,
      case when sums.day_start = asked.day_start then sums.spent_today else (
        select coalesce(sum(t.base_amount), 0) from transactions t
        where t.user_id = asked.user_id and t.created_at >= asked.day_start
          and t.type in (${typesOf('debit')}) and t.status in ('PENDING', 'COMPLETED')) end as spent_today,
      case when sums.history_since = asked.since then null else (
        select ${jsonList(...sumsOf('debit'), ...sumsOf('credit'))} from transactions t
        where t.user_id = asked.user_id and t.status = 'COMPLETED'
          and t.created_at > case when sums.history_since < asked.since then sums.history_since else asked.since end
          and t.created_at <= case when sums.user_id is null then asked.at
            when sums.history_since > asked.since then sums.history_since else asked.since end) end as moved,
      case when sums.newest_count >= ${newestCount} then sums.newest else (
        select cast(${jsonArray('newest.made')} as text) from (
          select ${millis('t.created_at')} as made from transactions t
          where t.user_id = asked.user_id and t.type <> 'REFUND'
          order by t.created_at desc, t.id desc limit ${newestCount}) newest) end as newest
    from ${asked} ${joinOne('activity_sums', 'sums', 'sums.user_id = asked.user_id')}`);
  statements.set(key, sql);
  return sql;
}

function readList<T>(list: List<T>): readonly T[] {
  return typeof list === 'string' ? JSON.parse(list) : (list ?? []);
}

function takeIn(activity: Activity, row: ActivityRow): void {
  activity.spentToday = BigInt(row.spent_today);
  activity.newest = [...readList(row.newest)].sort((a, b) => b - a);
  const [debitCount = '0', debitTotal = '0', creditCount = '0', creditTotal = '0'] = readList(row.moved);
  // What lies between is added when the history now begins earlier than what is stored, and taken away otherwise.
  const earlier = row.stored_since === null || activity.historySince.getTime() < Number(row.stored_since);
  const move = (stored: Whole | null, moved: string) =>
    BigInt(stored ?? 0) + (earlier ? BigInt(moved) : -BigInt(moved));
  activity.completed.debit = {
    count: move(row.debit_count, debitCount),
    total: move(row.debit_total, debitTotal),
  };
  activity.completed.credit = {
    count: move(row.credit_count, creditCount),
    total: move(row.credit_total, creditTotal),
  };
  // Read once and kept, so that the next command need not read it again.
  if (debitCount !== '0' || creditCount !== '0') activity.changed = true;
}

/** What is to be stored of a user's activity, when it is not what is stored. */
export function storedActivityOf(
  userId: string,
  activity: Activity | undefined,
  settings: Settings,
): ActivitySums | undefined {
  if (!activity?.changed) return undefined;
  const { completed, historySince, dayStart, spentToday } = activity;
  const newest = activity.newest.slice(0, reachOf(settings.fraud).newest);
  return {
    userId,
    historySince,
    debitCount: completed.debit.count,
    debitTotal: completed.debit.total,
    creditCount: completed.credit.count,
    creditTotal: completed.credit.total,
    dayStart,
    spentToday,
    newest,
    newestCount: newest.length,
  };
}
