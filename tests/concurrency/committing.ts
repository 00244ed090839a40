import type { MikroORM } from '@mikro-orm/core';
import { loadConfig } from '../../src/config.js';
import { connect, migrate } from '../../src/database.js';
import { createAnnouncements } from '../../src/events/announce.js';
import type { EventRow } from '../../src/events/event.js';
import type { TransactionOutcome } from '../../src/operations/command.js';
import { type AnyCommand, commitBatch, type Settled } from '../../src/operations/commit-batch.js';
import { type CreateTransactionInput, createTransaction } from '../../src/operations/create-transaction.js';
import { createUser } from '../../src/operations/create-user.js';
import type { Settings } from '../../src/operations/settings.js';
import { FakeClock, NOON } from '../support/app.js';

/** What a batch is committed with in these tests, and what it told. */
export interface Committing {
  readonly orm: MikroORM;
  readonly settings: Settings;
  readonly faults: unknown[];
  readonly published: EventRow[];
  readonly commit: (...commands: AnyCommand[]) => Promise<readonly Settled[]>;
  readonly close: () => Promise<void>;
}

/** Rules still flag, but hold nothing. */
export const NO_POINTS = {
  FRAUD_VELOCITY_POINTS: '0',
  FRAUD_SUSPICIOUS_VELOCITY_POINTS: '0',
  FRAUD_UNUSUAL_AMOUNT_POINTS: '0',
  FRAUD_HIGH_VALUE_POINTS: '0',
  FRAUD_OFF_HOURS_POINTS: '0',
};

/** Opens a database as a server does, without the server, with few connections. */
export async function openCommitting(
  databaseUrl: string,
  environment: Record<string, string> = {},
): Promise<Committing> {
  const databasePoolMax = 4;
  const orm = await connect({ databaseUrl, databasePoolMax });
  await migrate(orm);
  const { settings } = loadConfig({ NODE_ENV: 'test', ...NO_POINTS, ...environment });
  const clock = new FakeClock(NOON);
  const faults: unknown[] = [];
  const published: EventRow[] = [];
  const dependencies = {
    orm,
    clock,
    settings,
    onCommitted: (events: readonly EventRow[]) => void published.push(...events),
    onFault: (error: unknown) => void faults.push(error),
    announce: createAnnouncements(orm, (error) => faults.push(error)).announce,
  };
  return {
    orm,
    settings,
    faults,
    published,
    commit: (...commands) => commitBatch(commands, dependencies),
    close: () => orm.close(),
  };
}

let made = 0;

export function transactionOf(
  settings: Settings,
  userId: string,
  amount: string,
  more: Partial<CreateTransactionInput> = {},
): AnyCommand {
  made += 1;
  const input = {
    userId,
    type: 'PURCHASE' as const,
    amount: { amount, currency: 'MYR' },
    merchantName: 'Kopi',
    merchantCategory: 'food',
    idempotencyKey: `key-${made}`,
    ...more,
  };
  return createTransaction(input, settings);
}

export function userOf(settings: Settings, id: string, email = `${id}@example.com`): AnyCommand {
  return createUser(
    { id, email, fullName: id, currency: 'MYR', timeZone: 'Asia/Kuala_Lumpur' },
    id,
    settings,
  );
}

/** Makes a user with this much money. */
export async function makeRichUser(committing: Committing, id: string, amount = '1000.00'): Promise<void> {
  const { settings, commit } = committing;
  const settled = [
    ...(await commit(userOf(settings, id))),
    ...(await commit(transactionOf(settings, id, amount, { type: 'TOP_UP' }))),
  ];
  for (const one of settled) if ('error' in one) throw one.error;
}

/** What a caller is told of a command about a transaction. */
export function outcomeOf(settled: Settled | undefined): TransactionOutcome {
  if (!settled) throw new Error('a command was not settled');
  if ('error' in settled) throw settled.error;
  return settled.value as TransactionOutcome;
}

/** The kind of each outcome: the transaction's status, or the name of the error. */
export function kindsOf(settled: readonly Settled[]): string[] {
  return settled.map((one) => {
    if ('error' in one) return (one.error as Error).name;
    const { transaction, user } = one.value as {
      transaction?: { status: string };
      user?: { status: string };
    };
    return transaction?.status ?? user?.status ?? 'nothing';
  });
}
