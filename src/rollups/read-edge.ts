import type { EntityManager } from '@mikro-orm/core';
import { dialectOf, query } from '../db/dialect.js';
import type { ReviewDecision, TransactionStatus, TransactionType } from '../ledger/transaction.js';
import { type Contribution, contributionsOf, type Tally } from './contributions.js';
import type { PartOfDay } from './spans.js';

export interface TallyRow {
  readonly type: TransactionType;
  readonly status: TransactionStatus;
  readonly category: string | null;
  readonly score: number;
  readonly flags: string;
  readonly review_decision: ReviewDecision | null;
  readonly review_seconds: number | string | null;
  readonly purchase_reversed: number | boolean;
  readonly count: number | string;
  readonly amount: number | string;
  readonly refunded_amount: number | string;
}

/** The SQL that gathers transactions `t` that are alike, beside what else the caller groups them by. */
export function selectTallies(em: EntityManager, where: string, day = "''"): string {
  const { millis } = dialectOf(em);
  return `select ${day} as day, t.type, t.status, t.merchant_category as category, t.fraud_score as score,
      t.fraud_flags as flags, t.review_decision,
      (${millis('t.reviewed_at')} - ${millis('t.created_at')}) / 1000 as review_seconds,
      coalesce(o.status = 'REVERSED', false) as purchase_reversed,
      count(*) as count, sum(t.base_amount) as amount, sum(t.refunded_base_amount) as refunded_amount
    from transactions t left join transactions o on o.id = t.original_id
    where ${where} group by 1, 2, 3, 4, 5, 6, 7, 8, 9`;
}

/** What the transactions of a part of a day add to its sums, from their rows: an index read of that part. */
export async function readEdge(em: EntityManager, { day, from, to }: PartOfDay): Promise<Contribution[]> {
  const where = 't.created_at >= ? and t.created_at < ?';
  const rows = await query<TallyRow>(em, selectTallies(em, where), [from, to]);
  return rows.flatMap((row) => contributionsOf(tallyOf(row, day)));
}

export function tallyOf(row: TallyRow, day: string): Tally {
  return {
    day,
    type: row.type,
    status: row.status,
    category: row.category,
    score: row.score,
    flags: row.flags.split('|').filter((flag) => flag !== ''),
    reviewDecision: row.review_decision,
    reviewSeconds: row.review_seconds === null ? null : Number(row.review_seconds),
    purchaseReversed: Boolean(row.purchase_reversed),
    count: BigInt(row.count),
    amount: BigInt(row.amount),
    refundedAmount: BigInt(row.refunded_amount),
  };
}
