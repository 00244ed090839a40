import { DomainError } from './errors.js';
import type { CommitQueue } from './operations/commit-queue.js';
import { type CreateTransactionInput, createTransaction } from './operations/create-transaction.js';
import { createUser } from './operations/create-user.js';
import type { Settings } from './operations/settings.js';

const users = [
  {
    id: 'user-001',
    email: 'aisyah@example.com',
    fullName: 'Aisyah Rahman',
    currency: 'MYR',
    opening: '1000.00',
  },
  {
    id: 'user-002',
    email: 'wei.ling@example.com',
    fullName: 'Tan Wei Ling',
    currency: 'SGD',
    opening: '500.00',
  },
  { id: 'user-003', email: 'daniel@example.com', fullName: 'Daniel Lee', currency: 'USD', opening: '250.00' },
] as const;

/** Makes a few users with money to play with. Their ids and keys are fixed, so that it happens once and never twice. */
export async function seedDemoData(queue: CommitQueue, settings: Settings): Promise<void> {
  for (const { opening, ...user } of users) {
    if (!settings.rates.perUnit.has(user.currency)) continue;
    await unlessRefused(
      queue.submit(createUser({ ...user, timeZone: 'Asia/Kuala_Lumpur' }, user.id, settings)),
    );
    const topUp: CreateTransactionInput = {
      userId: user.id,
      type: 'TOP_UP',
      amount: { amount: opening, currency: user.currency },
      idempotencyKey: 'demo-opening-balance',
    };
    await unlessRefused(queue.submit(createTransaction(topUp, settings)));
  }
}

/** A refusal says that it is there already, or that it was changed since: either way it is left alone. */
async function unlessRefused(asked: Promise<unknown>): Promise<void> {
  try {
    await asked;
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
  }
}
