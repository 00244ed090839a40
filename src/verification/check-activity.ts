import type { EntityManager } from '@mikro-orm/core';
import { dialectOf, query } from '../db/dialect.js';
import { ActivitySums } from '../ledger/activity.js';
import { expectEqual } from './problem.js';

const PAGE = 500;

type Whole = string | number | null;

interface Recomputed {
  readonly id: string;
  readonly debit_count: Whole;
  readonly debit_total: Whole;
  readonly credit_count: Whole;
  readonly credit_total: Whole;
  readonly spent_today: Whole;
  readonly newest: string | readonly number[] | null;
}

/** Adds up again what each user's recent transactions come to, which limits and fraud rules go by. */
export async function checkActivity(em: EntityManager): Promise<void> {
  let after = '';
  for (;;) {
    const page = await em.find(
      ActivitySums,
      { userId: { $gt: after } },
      { orderBy: { userId: 'asc' }, limit: PAGE, disableIdentityMap: true },
    );
    if (page.length > 0) await checkPage(em, page);
    if (page.length < PAGE) return;
    after = (page.at(-1) as ActivitySums).userId;
  }
}

async function checkPage(em: EntityManager, page: readonly ActivitySums[]): Promise<void> {
  const recomputed = await addUp(em, page);
  for (const stored of page) {
    const { userId, newestCount } = stored;
    const sums = recomputed.get(userId);
    const what = (value: string) => `The ${value} in the activity of user ${userId}`;
    const expectSum = (value: bigint, sum: Whole | undefined, name: string) =>
      expectEqual(value, BigInt(sum ?? 0), what(name));
    expectSum(stored.debitCount, sums?.debit_count, 'count of debits');
    expectSum(stored.debitTotal, sums?.debit_total, 'total of debits');
    expectSum(stored.creditCount, sums?.credit_count, 'count of credits');
    expectSum(stored.creditTotal, sums?.credit_total, 'total of credits');
    expectSum(stored.spentToday, sums?.spent_today, 'spending of the day');
    const newest = typeof sums?.newest === 'string' ? JSON.parse(sums.newest) : (sums?.newest ?? []);
    const expected = [...newest].sort((a, b) => b - a).slice(0, newestCount);
    expectEqual(stored.newest.join(), expected.join(), what('newest instants'));
  }
}

async function addUp(
  em: EntityManager,
  page: readonly ActivitySums[],
): Promise<ReadonlyMap<string, Recomputed>> {
  const { millis, jsonArray } = dialectOf(em);
  const debit = `t.type in ('PURCHASE', 'WITHDRAWAL')`;
  const past = `t.status = 'COMPLETED' and t.created_at > s.history_since`;
  const rows = await query<Recomputed>(
    em,
    `select s.user_id as id,
       count(*) filter (where ${past} and ${debit}) as debit_count,
       sum(t.base_amount) filter (where ${past} and ${debit}) as debit_total,
       count(*) filter (where ${past} and t.type = 'TOP_UP') as credit_count,
       sum(t.base_amount) filter (where ${past} and t.type = 'TOP_UP') as credit_total,
       sum(t.base_amount) filter (where ${debit} and t.status in ('PENDING', 'COMPLETED')
         and t.created_at >= s.day_start) as spent_today,
       (select ${jsonArray('newest.made')} from (
          select ${millis('n.created_at')} as made from transactions n
          where n.user_id = s.user_id and n.type <> 'REFUND'
          order by n.created_at desc limit ${Math.max(...page.map(({ newestCount }) => newestCount))}) newest) as newest
     from activity_sums s left join transactions t on t.user_id = s.user_id
       and (t.created_at > s.history_since or t.created_at >= s.day_start)
     where s.user_id in (${page.map(() => '?').join(', ')})
     group by s.user_id`,
    page.map(({ userId }) => userId),
  );
  return new Map(rows.map((row) => [row.id, row]));
}
