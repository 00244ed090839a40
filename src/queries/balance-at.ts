import type { EntityManager } from '@mikro-orm/core';
import { LockMode } from '@mikro-orm/core';
import { inTransaction } from '../db/transaction.js';
import { Event } from '../events/event.js';
import { type BalanceRecord, getBalance, readPayload } from '../events/payload.js';
import { User } from '../ledger/user.js';

/**
 * A wallet as it was at an instant of the past: as the user's newest event up to then left it; empty before the user was
 * made. A command under way may still be about to commit an event of that instant, so its lock is waited for first.
 */
export async function balanceAt(em: EntityManager, user: User, at: Date): Promise<BalanceRecord> {
  const inside = em.fork();
  return inTransaction(inside, async () => {
    await inside.findOne(User, user.id, { lockMode: LockMode.PESSIMISTIC_READ });
    const event = await inside.findOne(
      Event,
      { userId: user.id, occurredAt: { $lte: at } },
      { orderBy: { occurredAt: 'desc', position: 'desc' } },
    );
    if (event) return getBalance(readPayload(event.payload));
    return { currency: user.currency, posted: 0n, held: 0n, version: 0 };
  });
}
