import type { TransactionRow } from '../ledger/transaction.js';
import type { User } from '../ledger/user.js';

/** A wallet as an event leaves it. */
export interface BalanceRecord {
  readonly currency: string;
  readonly posted: bigint;
  readonly held: bigint;
  readonly version: number;
}

/** All that a subscriber needs of an event, besides what stands in its columns. Names and e-mails stay out of the log. */
export interface Payload {
  /** The user's wallet; absent when the event is about no user. */
  readonly balance?: BalanceRecord;
  /** What the event changed of it; absent when it changed nothing. */
  readonly change?: { readonly posted: bigint; readonly held: bigint };
  readonly transaction?: TransactionRow;
  readonly userStatus?: User['status'];
  readonly actor?: string;
  readonly reason?: string;
  /** The webhook endpoint that the event is about, and why it was paused. */
  readonly webhookEndpoint?: { readonly id: string; readonly pausedReason?: string };
  readonly apiKey?: { readonly id: string; readonly scopes: readonly string[] };
}

const minorUnitKeys = [
  'posted',
  'held',
  'amount',
  'walletAmount',
  'baseAmount',
  'refundedAmount',
  'refundedWalletAmount',
  'refundedBaseAmount',
] as const;
const instantKeys = ['createdAt', 'updatedAt', 'reviewedAt', 'reversedAt'] as const;

export function writePayload(payload: Payload): string {
  return JSON.stringify(payload, (_key, value) => (typeof value === 'bigint' ? value.toString() : value));
}

export function readPayload(text: string): Payload {
  const payload = JSON.parse(text);
  if (payload.balance) revive(payload.balance);
  if (payload.change) revive(payload.change);
  if (payload.transaction) revive(payload.transaction);
  return payload;
}

/** The wallet as an event about a user leaves it. */
export function getBalance({ balance }: Payload): BalanceRecord {
  if (!balance) throw new Error('an event about no user leaves no balance');
  return balance;
}

/** Turns the known members of one flat record back into `bigint` and `Date`; what callers wrote lies deeper and stays. */
function revive(record: Record<string, unknown>): void {
  for (const key of minorUnitKeys) if (record[key]) record[key] = BigInt(record[key] as string);
  for (const key of instantKeys) if (record[key]) record[key] = new Date(record[key] as string);
}
