import type { EntityManager } from '@mikro-orm/core';
import { loadConfig } from '../../src/config.js';
import { DomainError } from '../../src/errors.js';
import type { History, Subject } from '../../src/fraud/rule.js';
import { walletAccount } from '../../src/ledger/posting.js';
import type { TransactionRow } from '../../src/ledger/transaction.js';
import { User } from '../../src/ledger/user.js';
import { startOfLocalDay } from '../../src/local-time.js';
import { type Appendices, applyChange } from '../../src/operations/apply-change.js';
import type { Command, Moment } from '../../src/operations/command.js';
import type { CreateTransactionInput } from '../../src/operations/create-transaction.js';
import { blankTransaction } from '../../src/operations/new-transaction.js';
import type { Settings } from '../../src/operations/settings.js';
import { type Activity, UserState } from '../../src/operations/user-state.js';

/** Noon in Kuala Lumpur, where no rule of the night applies. */
export const MIDDAY = new Date('2026-03-10T04:00:00.000Z');

const HISTORY_MS = 30 * 86_400_000;

/** The settings that the server starts with, but for these variables. */
export function settingsWith(environment: Readonly<Record<string, string>> = {}): Settings {
  return loadConfig({ NODE_ENV: 'test', ...environment }).settings;
}

/** An id of the right shape that says its number: the same run gives the same ids. */
export function idOf(number: number): string {
  return `00000000-0000-7000-8000-${number.toString(16).padStart(12, '0')}`;
}

/** An active user of `alice` with 1,000.00 MYR, unless told otherwise. */
export function makeUser(values: Partial<User> = {}): User {
  return Object.assign(new User(), {
    id: 'alice',
    email: 'alice@example.com',
    emailKey: 'alice@example.com',
    fullName: 'Alice Tan',
    currency: 'MYR',
    timeZone: 'Asia/Kuala_Lumpur',
    status: 'ACTIVE' as const,
    posted: 100_000n,
    held: 0n,
    version: 1,
    createdAt: new Date('2026-01-01T00:00:00.000Z'),
    updatedAt: new Date('2026-01-01T00:00:00.000Z'),
    ...values,
  });
}

/** A completed purchase of 100.00 MYR by alice, unless told otherwise. */
export function makeTransaction(values: Partial<TransactionRow> = {}): TransactionRow {
  return {
    ...blankTransaction(idOf(0xabc), MIDDAY),
    userId: 'alice',
    type: 'PURCHASE',
    status: 'COMPLETED',
    amount: 10_000n,
    currency: 'MYR',
    walletAmount: 10_000n,
    walletCurrency: 'MYR',
    baseAmount: 10_000n,
    rate: '1',
    walletRate: '1',
    merchantName: 'Kedai Kopi',
    merchantCategory: 'food_and_drink',
    fraudHits: [],
    idempotencyKey: 'first',
    requestHash: '0'.repeat(64),
    ...values,
  };
}

export function makeActivity(values: Partial<Activity> = {}, timeZone = 'Asia/Kuala_Lumpur'): Activity {
  return {
    spentToday: 0n,
    dayStart: startOfLocalDay(MIDDAY, timeZone),
    historySince: new Date(MIDDAY.getTime() - HISTORY_MS),
    newest: [],
    completed: { debit: { count: 0n, total: 0n }, credit: { count: 0n, total: 0n } },
    sameAt: new Map(),
    changed: false,
    ...values,
  };
}

/** A purchase of 45.50 MYR as a caller asks for it, unless told otherwise. */
export function purchaseInput(
  values: Partial<Omit<CreateTransactionInput, 'amount'>> & { amount?: string; currency?: string } = {},
): CreateTransactionInput {
  const { amount = '45.50', currency = 'MYR', ...others } = values;
  return {
    userId: 'alice',
    type: 'PURCHASE',
    amount: { amount, currency },
    merchantName: 'Kedai Kopi',
    merchantCategory: 'food_and_drink',
    idempotencyKey: 'key-1',
    ...others,
  };
}

/** What `run` refuses with; anything else that happens is thrown on. */
export function refusalOf(run: () => unknown): DomainError {
  try {
    run();
  } catch (error) {
    if (error instanceof DomainError) return error;
    throw error;
  }
  throw new Error('it was not refused');
}

/** A refusal's parts, to compare at once. */
export function partsOf(refusal: DomainError | undefined) {
  if (!refusal) return undefined;
  const { code, message, inputPath: path, details } = refusal;
  return { code, message, path, details };
}

interface WalletOptions {
  readonly user?: User | undefined;
  readonly activity?: Partial<Activity>;
  readonly transactions?: readonly TransactionRow[];
  readonly emailKeys?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly now?: Date;
}

/** One user's state without a database: commands are decided and carried out on it as a batch does. */
export class Wallet {
  readonly state: UserState;
  readonly settings: Settings;
  readonly appended: Appendices = {
    transactions: [],
    postings: [],
    drafts: [],
    users: new Set(),
    revised: new Set(),
    entities: false,
  };
  readonly persisted: object[] = [];
  now: Date;
  #ids = 0;

  constructor(options: WalletOptions = {}) {
    const user = 'user' in options ? options.user : makeUser();
    this.state = new UserState(user, new Set(options.emailKeys ?? []));
    this.state.activity = makeActivity(options.activity, user?.timeZone);
    for (const transaction of options.transactions ?? []) this.state.remember(transaction);
    this.settings = settingsWith(options.environment);
    this.now = options.now ?? MIDDAY;
  }

  get user(): User {
    if (!this.state.user) throw new Error('there is no user');
    return this.state.user;
  }

  get moment(): Moment {
    const newId = () => {
      this.#ids += 1;
      return idOf(this.#ids);
    };
    return { now: this.now, newId, settings: this.settings };
  }

  /** Decides without carrying out. */
  decide<Outcome>(command: Command<Outcome>) {
    return command.decide(this.state, this.moment);
  }

  /** Decides, carries out and tells the outcome. */
  run<Outcome>(command: Command<Outcome>): Outcome {
    const { moment } = this;
    const { change, outcome } = command.decide(this.state, moment);
    const em = { persist: (entity: object) => this.persisted.push(entity) } as unknown as EntityManager;
    if (change) applyChange(em, this.state, change, moment, this.appended);
    return outcome();
  }

  /** What postings have moved into the wallet so far, less what they have moved out. */
  get postingSum(): bigint {
    const account = walletAccount(this.user.id);
    let sum = 0n;
    for (const { amount, source, destination } of this.appended.postings) {
      if (destination === account) sum += amount;
      if (source === account) sum -= amount;
    }
    return sum;
  }

  /** Everything that a command could have changed, as text to compare. */
  snapshot(): string {
    const { user, emailKeys, transactions, keys, activity } = this.state;
    const parts = [user, [...emailKeys], [...transactions], [...keys], activity, this.appended];
    const sameAt = [...(activity?.sameAt ?? [])];
    return JSON.stringify([...parts, sameAt], (_key, value) =>
      typeof value === 'bigint' ? `${value}n` : value,
    );
  }
}

/** What each account has got less what it has given, in each currency, by postings: `merchants MYR`. */
export function accountSums(
  postings: ReadonlyArray<{ amount: bigint; currency: string; source: string; destination: string }>,
): Record<string, bigint> {
  const sums: Record<string, bigint> = {};
  for (const { amount, currency, source, destination } of postings) {
    sums[`${source} ${currency}`] = (sums[`${source} ${currency}`] ?? 0n) - amount;
    sums[`${destination} ${currency}`] = (sums[`${destination} ${currency}`] ?? 0n) + amount;
  }
  return sums;
}

/** A purchase of 100.00 MYR at noon in Kuala Lumpur, unless told otherwise. */
export function makeSubject(values: Partial<Subject> = {}): Subject {
  return {
    type: 'PURCHASE',
    direction: 'debit',
    baseAmount: 10_000n,
    baseCurrency: 'MYR',
    at: MIDDAY,
    timeZone: 'Asia/Kuala_Lumpur',
    ...values,
  };
}

/** No past at all, unless told otherwise. */
export function makeHistory(values: Partial<History> = {}): History {
  return {
    newest: [],
    completed: { debit: { count: 0n, total: 0n }, credit: { count: 0n, total: 0n } },
    sameAt: undefined,
    ...values,
  };
}
