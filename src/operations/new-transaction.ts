import type { TransactionRow } from '../ledger/transaction.js';

type Blank = Omit<
  TransactionRow,
  | 'userId'
  | 'type'
  | 'amount'
  | 'currency'
  | 'walletAmount'
  | 'walletCurrency'
  | 'baseAmount'
  | 'rate'
  | 'walletRate'
  | 'idempotencyKey'
  | 'requestHash'
>;

/** What every new transaction starts as. */
export function blankTransaction(id: string, now: Date): Blank {
  return {
    id,
    status: 'PENDING',
    merchantName: null,
    merchantCategory: null,
    metadata: null,
    fraudScore: 0,
    fraudFlags: [],
    fraudHits: null,
    failure: null,
    originalId: null,
    refundedAmount: 0n,
    refundedWalletAmount: 0n,
    refundedBaseAmount: 0n,
    reviewDecision: null,
    reviewNote: null,
    reviewer: null,
    reviewedAt: null,
    reversalReason: null,
    reversalKey: null,
    reversalHash: null,
    reversedBy: null,
    reversedAt: null,
    reason: null,
    createdAt: now,
    updatedAt: now,
  };
}
