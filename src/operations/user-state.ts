import type { History } from '../fraud/rule.js';
import { type Direction, directionOf, type Revision, type TransactionRow } from '../ledger/transaction.js';
import type { User } from '../ledger/user.js';
import type { Likeness } from './command.js';

/** Where a key was used: by the transaction that it made, or by the reversal of one. */
export interface KeyUse {
  readonly transaction: TransactionRow;
  readonly requestHash: string;
  readonly firstSeenAt: Date;
}

/** A user's recent past, as loaded and as the batch goes on to change it. */
export interface Activity {
  /** Base minor units of the local day's debits, pending and completed. */
  spentToday: bigint;
  /** When the local day began. */
  readonly dayStart: Date;
  /** What the fraud rules' history goes back to. */
  readonly historySince: Date;
  /** When the newest transactions were made, newest first. */
  newest: number[];
  readonly completed: Record<Direction, { count: bigint; total: bigint }>;
  /** When the newest transaction of each likeness was made. */
  readonly sameAt: Map<string, number>;
  /** Whether it differs from what is stored. */
  changed: boolean;
}

export function likenessKey({ type, amount, currency, merchantName }: Likeness): string {
  return JSON.stringify([type, amount.toString(), currency, merchantName]);
}

/** All that a decision sees of one user. Later commands of a batch see what earlier ones did. */
export class UserState {
  readonly transactions = new Map<string, TransactionRow>();
  readonly keys = new Map<string, KeyUse>();
  activity: Activity | undefined;

  constructor(
    public user: User | undefined,
    /** E-mails, in lower case, that belong to some user. */
    readonly emailKeys: ReadonlySet<string>,
  ) {}

  /** Takes in a transaction as it is stored: under its id and the keys that it used. */
  remember(transaction: TransactionRow): void {
    this.transactions.set(transaction.id, transaction);
    this.keys.set(transaction.idempotencyKey, {
      transaction,
      requestHash: transaction.requestHash,
      firstSeenAt: transaction.createdAt,
    });
    const { reversalKey, reversalHash, reversedAt } = transaction;
    if (reversalKey && reversalHash && reversedAt) {
      this.keys.set(reversalKey, { transaction, requestHash: reversalHash, firstSeenAt: reversedAt });
    }
  }

  /** Adds a new transaction to the recent past. */
  noteCreated(created: TransactionRow): void {
    if (!this.activity || created.type === 'REFUND') return;
    this.activity.changed = true;
    this.activity.newest.unshift(created.createdAt.getTime());
    this.activity.sameAt.set(likenessKey(created), created.createdAt.getTime());
    this.count(created, 1n);
  }

  /** Gives a stored transaction other values, and moves its weight in the recent past, which goes by its status. */
  revise(transaction: TransactionRow, revision: Revision): void {
    const weighsElse = revision.status !== undefined;
    if (weighsElse) this.count(transaction, -1n);
    Object.assign(transaction, revision);
    if (weighsElse) this.count(transaction, 1n);
    this.remember(transaction);
  }

  history(likeness: Likeness): History {
    const { newest, completed, sameAt } = this.getActivity();
    return { newest, completed, sameAt: sameAt.get(likenessKey(likeness)) };
  }

  getActivity(): Activity {
    if (!this.activity) throw new Error('the activity of this user was not loaded');
    return this.activity;
  }

  private count(transaction: TransactionRow, sign: 1n | -1n): void {
    const { activity } = this;
    if (!activity || transaction.type === 'REFUND') return;
    const { status, baseAmount, createdAt } = transaction;
    const direction = directionOf(transaction);
    activity.changed = true;
    if (status === 'COMPLETED' && createdAt > activity.historySince) {
      const sums = activity.completed[direction];
      sums.count += sign;
      sums.total += sign * baseAmount;
    }
    const spent = direction === 'debit' && (status === 'PENDING' || status === 'COMPLETED');
    if (spent && createdAt >= activity.dayStart) activity.spentToday += sign * baseAmount;
  }
}
