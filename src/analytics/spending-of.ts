import type { EntityManager, MikroORM } from '@mikro-orm/core';
import { query } from '../db/dialect.js';
import type { Span } from '../rollups/spans.js';

/** What a user spent, in minor units of the base currency. */
export interface SpendingOf {
  /** Completed purchases less completed refunds of purchases that still stand. */
  readonly amount: bigint;
  readonly count: bigint;
  readonly refunded: bigint;
}

interface SumsRow {
  readonly count: number | string;
  readonly purchased: number | string;
  readonly refunded: number | string;
}

/** What a user spent in a span of time, from the user's own rows. */
export async function spendingOf(orm: MikroORM, userId: string, { from, to }: Span): Promise<SpendingOf> {
  const em: EntityManager = orm.em.fork();
  const [row] = await query<SumsRow>(
    em,
    `select count(*) filter (where t.type = 'PURCHASE') as count,
       coalesce(sum(t.base_amount) filter (where t.type = 'PURCHASE'), 0) as purchased,
       coalesce(-sum(t.base_amount) filter (where t.type = 'REFUND'), 0) as refunded
     from transactions t left join transactions o on o.id = t.original_id
     where t.user_id = ? and t.created_at >= ? and t.created_at < ? and t.status = 'COMPLETED'
       and (t.type = 'PURCHASE' or t.type = 'REFUND' and o.status <> 'REVERSED')`,
    [userId, from, to],
  );
  if (!row) throw new Error('an aggregate has one row');
  const refunded = BigInt(row.refunded);
  return { amount: BigInt(row.purchased) - refunded, count: BigInt(row.count), refunded };
}
