import type { EntityManager } from '@mikro-orm/core';
import { isId } from '../ids.js';
import { Transaction } from '../ledger/transaction.js';
import { isUserId } from '../ledger/user.js';
import { isIdempotencyKey } from '../operations/idempotency.js';

/** Whose a transaction is, which never changes: what a command has to know before it can wait for that user's lock. */
export async function findOwner(em: EntityManager, transactionId: string): Promise<string | undefined> {
  if (!isId(transactionId.toLowerCase())) return undefined;
  const found = await em.fork().findOne(Transaction, transactionId.toLowerCase(), { fields: ['userId'] });
  return found?.userId;
}

/** The transaction that a key made, or that was reversed with it. */
export async function findByIdempotencyKey(
  em: EntityManager,
  userId: string,
  key: string,
): Promise<Transaction | null> {
  if (!isUserId(userId) || !isIdempotencyKey(key)) return null;
  return em.fork().findOne(Transaction, { userId, $or: [{ idempotencyKey: key }, { reversalKey: key }] });
}
