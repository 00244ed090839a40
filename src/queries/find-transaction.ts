import type { EntityManager } from '@mikro-orm/core';
import { Transaction } from '../ledger/transaction.js';
import { isUserId } from '../ledger/user.js';
import { isIdempotencyKey } from '../operations/idempotency.js';

/** The transaction that a key made, or that was reversed with it. */
export async function findByIdempotencyKey(
  em: EntityManager,
  userId: string,
  key: string,
): Promise<Transaction | null> {
  if (!isUserId(userId) || !isIdempotencyKey(key)) return null;
  return em.fork().findOne(Transaction, { userId, $or: [{ idempotencyKey: key }, { reversalKey: key }] });
}
