import type { EntityManager } from '@mikro-orm/core';
import { query } from '../db/dialect.js';
import { walletAccount } from '../ledger/posting.js';
import { directionOf, Transaction, type TransactionRow } from '../ledger/transaction.js';
import { User } from '../ledger/user.js';
import type { LoggedUser } from './check-log.js';
import { expectEqual } from './problem.js';

const PAGE = 500;
/** What postings put into a wallet, and what they took out of it. */
const WALLET_SUMS = `sum(case when destination = 'wallet:' || user_id then amount else 0 end) as sum_one,
  sum(case when source = 'wallet:' || user_id then amount else 0 end) as sum_two`;

/** Sums in the database come as text or as a number; both are exact. */
type Sum = string | number | null;

interface Sums {
  readonly id: string;
  readonly sum_one: Sum;
  readonly sum_two: Sum;
}

/** What one transaction's postings and refunds add up to. */
interface Recomputed {
  readonly net: bigint;
  readonly refunded: bigint;
  readonly refundedWallet: bigint;
}

/** Every user's row against postings, holds and the log; every transaction against its postings and refunds. */
export async function checkLedger(
  em: EntityManager,
  logged: ReadonlyMap<string, LoggedUser>,
): Promise<number> {
  await eachPage(em, User, (users) => checkUsers(em, users, logged));
  await checkEveryEvent(em);
  return eachPage(em, Transaction, (transactions) => checkTransactions(em, transactions));
}

async function eachPage<T extends { id: string }>(
  em: EntityManager,
  entity: new () => T,
  check: (rows: T[]) => Promise<void>,
): Promise<number> {
  let after = '';
  let count = 0;
  for (;;) {
    const where = after === '' ? {} : { id: { $gt: after } };
    const rows = await em.find(entity, where as never, {
      orderBy: { id: 'asc' } as never,
      limit: PAGE,
      disableIdentityMap: true,
    });
    await check(rows as T[]);
    count += rows.length;
    if (rows.length < PAGE) return count;
    after = (rows.at(-1) as T).id;
  }
}

async function checkUsers(
  em: EntityManager,
  users: User[],
  logged: ReadonlyMap<string, LoggedUser>,
): Promise<void> {
  const ids = users.map((user) => user.id);
  const wallets = await loadSums(
    em,
    ids,
    `select user_id as id,
       ${WALLET_SUMS}
     from postings where user_id in (?) group by user_id`,
  );
  const holds = await loadSums(
    em,
    ids,
    `select user_id as id, sum(wallet_amount) as sum_one, 0 as sum_two from transactions
     where user_id in (?) and status = 'PENDING' and type in ('PURCHASE', 'WITHDRAWAL') group by user_id`,
  );
  for (const user of users) {
    const [credited, debited] = wallets.get(user.id) ?? [0n, 0n];
    const log = logged.get(user.id);
    const what = (value: string) => `The ${value} of user ${user.id}`;
    expectEqual(user.posted, credited - debited, what('posted balance (against postings)'));
    expectEqual(user.held, holds.get(user.id)?.[0] ?? 0n, what('held balance (against pending debits)'));
    expectEqual(user.posted, log?.balance.posted, what('posted balance (against the event log)'));
    expectEqual(user.held, log?.balance.held, what('held balance (against the event log)'));
    expectEqual(user.version, log?.balance.version, what('version (against the event log)'));
    expectEqual(user.status, log?.status, what('status (against the event log)'));
  }
}

async function checkTransactions(em: EntityManager, transactions: Transaction[]): Promise<void> {
  const ids = transactions.map((transaction) => transaction.id);
  const settled = await loadSums(
    em,
    ids,
    `select transaction_id as id,
       ${WALLET_SUMS}
     from postings where transaction_id in (?) group by transaction_id`,
  );
  const refunds = await loadSums(
    em,
    ids,
    `select original_id as id, -sum(amount) as sum_one, -sum(wallet_amount) as sum_two from transactions
     where original_id in (?) and status = 'COMPLETED' group by original_id`,
  );
  for (const transaction of transactions) {
    const [credited, debited] = settled.get(transaction.id) ?? [0n, 0n];
    const [refunded, refundedWallet] = refunds.get(transaction.id) ?? [0n, 0n];
    checkTransaction(transaction, { net: credited - debited, refunded, refundedWallet });
  }
}

function checkTransaction(transaction: TransactionRow, recomputed: Recomputed): void {
  const what = (value: string) => `The ${value} of transaction ${transaction.id}`;
  const wallet = walletAccount(transaction.userId);
  expectEqual(transaction.refundedAmount, recomputed.refunded, what('refunded amount'));
  expectEqual(transaction.refundedWalletAmount, recomputed.refundedWallet, what('refunded wallet amount'));
  if (transaction.type === 'PURCHASE') {
    expectEqual(transaction.refundedAmount <= transaction.amount, true, what('refund cap'));
    expectEqual(
      transaction.refundedWalletAmount <= transaction.walletAmount,
      true,
      what('refund cap in the wallet'),
    );
  }
  expectEqual(recomputed.net, netOf(transaction), `${what('net posting')} to ${wallet}`);
}

/** What a transaction's postings must come to for its wallet: a reversed one keeps what had been refunded of it. */
function netOf(transaction: TransactionRow): bigint {
  const { status, walletAmount, refundedWalletAmount } = transaction;
  const debit = directionOf(transaction) === 'debit';
  if (status === 'PENDING' || status === 'FAILED') return 0n;
  if (status === 'REVERSED') return debit ? -refundedWalletAmount : 0n;
  if (debit) return -walletAmount;
  return walletAmount < 0n ? -walletAmount : walletAmount;
}

/** Every transaction has the event that made it. */
async function checkEveryEvent(em: EntityManager): Promise<void> {
  const missing = await query<{ id: string }>(
    em,
    `select t.id from transactions t
     left join events e on e.transaction_id = t.id and e.type = 'TRANSACTION_CREATED'
     where e.position is null order by t.id limit 1`,
    [],
  );
  expectEqual(missing[0]?.id, undefined, 'The first transaction without an event');
}

async function loadSums(
  em: EntityManager,
  ids: readonly string[],
  sql: string,
): Promise<ReadonlyMap<string, readonly [bigint, bigint]>> {
  if (ids.length === 0) return new Map();
  const rows = await query<Sums>(em, sql, [ids]);
  return new Map(rows.map(({ id, sum_one, sum_two }) => [id, [BigInt(sum_one ?? 0), BigInt(sum_two ?? 0)]]));
}
