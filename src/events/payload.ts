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
  readonly balance: BalanceRecord;
  /** What the event changed of it; absent when it changed nothing. */
  readonly change?: { readonly posted: bigint; readonly held: bigint };
  readonly transaction?: TransactionRow;
  readonly userStatus?: User['status'];
  readonly actor?: string;
  readonly reason?: string;
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
  revive(payload.balance);
  if (payload.change) revive(payload.change);
  if (payload.transaction) revive(payload.transaction);
  return payload;
}

/** Turns the known members of one flat record back into `bigint` and `Date`. */
function revive(record: Record<string, unknown>): void {
  for (const [key, value] of Object.entries(record)) {
    if (value === null || (opaqueKeys as readonly string[]).includes(key)) continue;
    if (minorUnitKeys.has(key)) record[key] = BigInt(value as string);
    else if (instantKeys.has(key)) record[key] = new Date(value as string);
  }
}
