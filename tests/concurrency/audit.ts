import type { EntityManager, MikroORM } from '@mikro-orm/core';
import { dialectOf, query } from '../../src/db/dialect.js';
import { Event, EventLogHead, type EventRow, GENESIS_HASH, HEAD_ID } from '../../src/events/event.js';
import { hashEvent } from '../../src/events/hash-chain.js';
import { getBalance, readPayload } from '../../src/events/payload.js';
import { ActivitySums } from '../../src/ledger/activity.js';
import { Posting, walletAccount } from '../../src/ledger/posting.js';
import { directionOf, Transaction } from '../../src/ledger/transaction.js';
import { User } from '../../src/ledger/user.js';

/** Everything a database keeps. */
interface Kept {
  readonly users: readonly User[];
  readonly transactions: readonly Transaction[];
  readonly postings: readonly Posting[];
  readonly events: readonly EventRow[];
  readonly head: EventLogHead;
  readonly sums: readonly ActivitySums[];
}

/** Recomputes all that can be recomputed, from scratch, and returns what does not agree: nothing, if all is well. */
export async function audit(orm: MikroORM): Promise<string[]> {
  const kept = await load(orm.em.fork());
  const problems: string[] = [];
  const expectSame = (what: string, found: unknown, expected: unknown) => {
    if (found !== expected) problems.push(`${what}: ${found}, expected ${expected}`);
  };
  checkChain(kept, expectSame);
  checkVersions(kept, expectSame);
  checkBalances(kept, expectSame);
  checkTransactions(kept, expectSame);
  checkRefunds(kept, expectSame);
  checkSums(kept, expectSame);
  return problems;
}

type ExpectSame = (what: string, found: unknown, expected: unknown) => void;

async function load(em: EntityManager): Promise<Kept> {
  // One snapshot for all, since commands may be under way elsewhere.
  const everything = { disableIdentityMap: true } as const;
  return em.transactional(
    async (inside) => ({
      users: await inside.find(User, {}, everything),
      transactions: await inside.find(Transaction, {}, everything),
      postings: await inside.find(Posting, {}, everything),
      events: await inside.find(Event, {}, { ...everything, orderBy: { position: 'asc' } }),
      head: await inside.findOneOrFail(EventLogHead, HEAD_ID, everything),
      sums: await inside.find(ActivitySums, {}, everything),
    }),
    dialectOf(em).name === 'postgresql' ? { isolationLevel: 'repeatable read' as never } : {},
  );
}

function checkChain({ events, head }: Kept, expectSame: ExpectSame): void {
  let hash = GENESIS_HASH;
  for (const [index, event] of events.entries()) {
    expectSame('position', event.position, index + 1);
    hash = hashEvent(hash, event);
    expectSame(`hash of event ${event.position}`, event.hash, hash);
  }
  expectSame("the head's position", head.position, events.length);
  expectSame("the head's hash", head.hash, hash);
}

function checkVersions({ events, users }: Kept, expectSame: ExpectSame): void {
  const last = new Map<string, { version: number; posted: bigint; held: bigint }>();
  for (const event of events) {
    // What is about no user leaves no balance.
    if (event.userId === null) continue;
    const payload = readPayload(event.payload);
    const { change } = payload;
    const balance = getBalance(payload);
    const before = last.get(event.userId) ?? { version: 0, posted: 0n, held: 0n };
    const what = `event ${event.position} of ${event.userId}`;
    expectSame(`version of ${what}`, event.version, before.version + (change ? 1 : 0));
    expectSame(`balance's version of ${what}`, balance.version, event.version);
    expectSame(`posted of ${what}`, balance.posted, before.posted + (change?.posted ?? 0n));
    expectSame(`held of ${what}`, balance.held, before.held + (change?.held ?? 0n));
    last.set(event.userId, balance);
  }
  expectSame('users with events', last.size, users.length);
  for (const user of users) {
    const { version, posted, held } = last.get(user.id) ?? { version: -1, posted: -1n, held: -1n };
    expectSame(`version of ${user.id}`, user.version, version);
    expectSame(`posted of ${user.id} by the log`, user.posted, posted);
    expectSame(`held of ${user.id} by the log`, user.held, held);
  }
}

function checkBalances({ users, postings, transactions }: Kept, expectSame: ExpectSame): void {
  for (const user of users) {
    const account = walletAccount(user.id);
    let posted = 0n;
    for (const { source, destination, amount, currency } of postings) {
      if (source !== account && destination !== account) continue;
      posted += destination === account ? amount : -amount;
      expectSame(`currency of a posting of ${user.id}`, currency, user.currency);
    }
    let held = 0n;
    for (const transaction of transactions) {
      const pending = transaction.userId === user.id && transaction.status === 'PENDING';
      if (pending && directionOf(transaction) === 'debit') held += transaction.walletAmount;
    }
    expectSame(`posted of ${user.id} by postings`, user.posted, posted);
    expectSame(`held of ${user.id} by pending debits`, user.held, held);
    expectSame(`whether ${user.id} is in the black`, user.held >= 0n && user.posted >= user.held, true);
  }
}

function checkTransactions({ transactions, postings, events }: Kept, expectSame: ExpectSame): void {
  const created = new Map<string, number>();
  for (const { type, transactionId } of events) {
    if (type !== 'TRANSACTION_CREATED' || !transactionId) continue;
    created.set(transactionId, (created.get(transactionId) ?? 0) + 1);
  }
  const moved = new Map<string, bigint>();
  for (const { transactionId, userId, source, destination, amount } of postings) {
    const into = destination === walletAccount(userId) ? amount : 0n;
    const out = source === walletAccount(userId) ? amount : 0n;
    moved.set(transactionId, (moved.get(transactionId) ?? 0n) + into - out);
  }
  const keys = new Set<string>();
  for (const transaction of transactions) {
    const { id, userId, idempotencyKey, status, walletAmount, refundedWalletAmount } = transaction;
    const debit = directionOf(transaction) === 'debit';
    // A refund's wallet amount is negative: what went the other way.
    const whole = debit ? -walletAmount : transaction.type === 'REFUND' ? -walletAmount : walletAmount;
    const settled = { COMPLETED: whole, REVERSED: -refundedWalletAmount, PENDING: 0n, FAILED: 0n }[status];
    expectSame(`what ${status} ${transaction.type} ${id} moved`, moved.get(id) ?? 0n, settled);
    expectSame(`creations of ${id}`, created.get(id), 1);
    const key = `${userId} ${idempotencyKey}`;
    expectSame(`whether key ${key} is used twice`, keys.has(key), false);
    keys.add(key);
  }
  expectSame('transactions that events created', created.size, transactions.length);
}

function checkRefunds({ transactions }: Kept, expectSame: ExpectSame): void {
  const refunded = new Map<string, { amount: bigint; wallet: bigint }>();
  for (const { originalId, status, amount, walletAmount } of transactions) {
    if (!originalId || status !== 'COMPLETED') continue;
    const sum = refunded.get(originalId) ?? { amount: 0n, wallet: 0n };
    refunded.set(originalId, { amount: sum.amount - amount, wallet: sum.wallet - walletAmount });
  }
  for (const transaction of transactions) {
    if (transaction.type === 'REFUND') continue;
    const { amount, wallet } = refunded.get(transaction.id) ?? { amount: 0n, wallet: 0n };
    const what = `refunded of ${transaction.id}`;
    expectSame(what, transaction.refundedAmount, amount);
    expectSame(`${what} to the wallet`, transaction.refundedWalletAmount, wallet);
    const capped = amount <= transaction.amount && wallet <= transaction.walletAmount;
    expectSame(`whether ${what} is at most what was paid`, capped, true);
  }
}

function checkSums({ sums, transactions }: Kept, expectSame: ExpectSame): void {
  for (const { userId, historySince, dayStart, spentToday, newest, newestCount, ...stored } of sums) {
    const own = transactions.filter((one) => one.userId === userId && one.type !== 'REFUND');
    const total = (rows: readonly Transaction[]) =>
      rows.reduce((sum, { baseAmount }) => sum + baseAmount, 0n);
    for (const direction of ['debit', 'credit'] as const) {
      const counted = own.filter(
        (one) => directionOf(one) === direction && one.status === 'COMPLETED' && one.createdAt > historySince,
      );
      expectSame(`${direction}s of ${userId}`, stored[`${direction}Count`], BigInt(counted.length));
      expectSame(`what ${direction}s of ${userId} add up to`, stored[`${direction}Total`], total(counted));
    }
    const today = own.filter(
      (one) =>
        directionOf(one) === 'debit' &&
        ['PENDING', 'COMPLETED'].includes(one.status) &&
        one.createdAt >= dayStart,
    );
    expectSame(`what ${userId} spent on the day`, spentToday, total(today));
    const made = own.map(({ createdAt }) => createdAt.getTime()).sort((a, b) => b - a);
    expectSame(`the newest of ${userId}`, JSON.stringify(newest), JSON.stringify(made.slice(0, newestCount)));
  }
}

/** How many transactions of a user have each of these statuses. */
export async function countStatuses(orm: MikroORM, userId: string): Promise<Record<string, number>> {
  const rows = await query<{ status: string; count: number | string }>(
    orm.em.fork(),
    'select status, count(*) as count from transactions where user_id = ? group by status',
    [userId],
  );
  return Object.fromEntries(rows.map(({ status, count }) => [status, Number(count)]));
}

export async function findUser(orm: MikroORM, id: string): Promise<User> {
  return orm.em.fork().findOneOrFail(User, id);
}
