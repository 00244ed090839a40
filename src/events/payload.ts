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

const minorUnitKeys = new Set([
  'posted',
  'held',
  'amount',
  'walletAmount',
  'baseAmount',
  'refundedAmount',
  'refundedWalletAmount',
  'refundedBaseAmount',
]);
const instantKeys = new Set(['createdAt', 'updatedAt', 'reviewedAt', 'reversedAt']);
/** What callers wrote or rules found: read as it stands, whatever its keys are called. */
const opaqueKeys = ['metadata', 'fraudHits', 'failure'] as const;

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

/** Turns the known members of one flat record back into `bigint` and `Date`. */
function revive(record: Record<string, unknown>): void {
  for (const [key, value] of Object.entries(record)) {
    if (value === null || (opaqueKeys as readonly string[]).includes(key)) continue;
    if (minorUnitKeys.has(key)) record[key] = BigInt(value as string);
    else if (instantKeys.has(key)) record[key] = new Date(value as string);
  }
}
