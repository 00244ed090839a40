import type { EntityManager } from '@mikro-orm/core';
import { dialectOf, query } from '../db/dialect.js';
import type { Period } from './period.js';

/** A completed purchase, or a completed refund, whose amount is negative. */
export interface SpendingRow {
  /** When it was made, in milliseconds since 1970. */
  readonly at: number;
  readonly refund: boolean;
  /** In minor units of the base currency, at the rate of the time. */
  readonly minor: bigint;
  readonly category: string;
  readonly merchant: string;
}

export interface SpendingRows {
  /** Those of the period, oldest first. */
  readonly rows: readonly SpendingRow[];
  /** Net spending of another period by category. */
  readonly previous: ReadonlyMap<string, bigint>;
}

interface Selected {
  readonly made: string | number | null;
  readonly type: string | null;
  readonly minor: string | number;
  readonly category: string;
  readonly merchant: string | null;
}

/**
 * What counts as spending. A reversed purchase gave back all that its refunds had left of it, so they no longer count
 * either: together they come to nothing.
 */
const SPENT = `t.user_id = ? and t.created_at >= ? and t.created_at < ?
  and t.status = 'COMPLETED' and t.type in ('PURCHASE', 'REFUND')
  and (t.original_id is null or (select o.status from transactions o where o.id = t.original_id) <> 'REVERSED')`;

/** One user's spending in a period, and in another by category: one statement, which sees one state, by index reads only. */
export async function loadSpending(
  em: EntityManager,
  userId: string,
  period: Period,
  previous: Period,
): Promise<SpendingRows> {
  const { millis } = dialectOf(em);
  const selected = await query<Selected>(
    em.fork(),
    `select ${millis('t.created_at')} as made, t.type as type, t.base_amount as minor,
       t.merchant_category as category, t.merchant_name as merchant
     from transactions t where ${SPENT}
     union all
     select null, null, cast(sum(t.base_amount) as bigint), t.merchant_category, null
     from transactions t where ${SPENT} group by t.merchant_category`,
    [userId, period.from, period.to, userId, previous.from, previous.to],
  );
  const rows: SpendingRow[] = [];
  const previousByCategory = new Map<string, bigint>();
  for (const { made, type, minor, category, merchant } of selected) {
    if (made === null) previousByCategory.set(category, BigInt(minor));
    else {
      const refund = type === 'REFUND';
      rows.push({ at: Number(made), refund, minor: BigInt(minor), category, merchant: merchant ?? '' });
    }
  }
  return { rows: rows.sort((a, b) => a.at - b.at), previous: previousByCategory };
}
