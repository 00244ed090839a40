import { defineEntity, p } from '@mikro-orm/core';
import { JsonTextType, MinorUnitsType, WordSetType } from '../db/column-types.js';
import type { ErrorCode } from '../errors.js';
import type { Amount } from '../money/amount.js';
import type { Conversion } from '../money/rates.js';
import { User } from './user.js';

export const transactionTypes = ['PURCHASE', 'WITHDRAWAL', 'TOP_UP', 'REFUND'] as const;
export type TransactionType = (typeof transactionTypes)[number];

export type Direction = 'debit' | 'credit';

/** Which way each type moves the wallet. */
export const directions: Readonly<Record<TransactionType, Direction>> = {
  PURCHASE: 'debit',
  WITHDRAWAL: 'debit',
  TOP_UP: 'credit',
  REFUND: 'credit',
};

export const transactionStatuses = ['PENDING', 'COMPLETED', 'FAILED', 'REVERSED'] as const;
export type TransactionStatus = (typeof transactionStatuses)[number];

/** Where a transaction's status may go from each. */
export const transactionStatusTransitions: Readonly<Record<TransactionStatus, readonly TransactionStatus[]>> =
  {
    PENDING: ['COMPLETED', 'FAILED'],
    COMPLETED: ['REVERSED'],
    FAILED: [],
    REVERSED: [],
  };

/** Why a transaction failed: the refusal's code, message and path, and its details as JSON, amounts as text. */
export interface Failure {
  readonly code: ErrorCode;
  readonly message: string;
  readonly path: readonly string[];
  readonly details: Readonly<Record<string, unknown>>;
}

/** One rule's finding: what was observed, against which threshold. */
export interface FraudHit {
  readonly flag: string;
  readonly points: number;
  readonly reason: string;
  readonly observed: string;
  readonly threshold: string;
}

export const reviewDecisions = ['APPROVE', 'REJECT'] as const;
export type ReviewDecision = (typeof reviewDecisions)[number];

const TransactionSchema = defineEntity({
  name: 'Transaction',
  tableName: 'transactions',
  uniques: [
    { name: 'transactions_idempotency_key_unique', properties: ['userId', 'idempotencyKey'] },
    {
      name: 'transactions_reversal_key_unique',
      properties: ['userId', 'reversalKey'],
      where: 'reversal_key is not null',
    },
  ],
  indexes: [
    {
      // Lists read it by user, instant and id; the rest lets sums over a user's past be answered from the index alone.
      name: 'transactions_user_created_index',
      properties: [
        'userId',
        'createdAt',
        'id',
        'type',
        'status',
        'baseAmount',
        'merchantCategory',
        'merchantName',
        'originalId',
      ],
    },
    { name: 'transactions_user_amount_index', properties: ['userId', 'amount', 'createdAt'] },
    { name: 'transactions_created_index', properties: ['createdAt', 'id'] },
    {
      name: 'transactions_original_index',
      properties: ['originalId'],
      where: 'original_id is not null',
    },
    { name: 'transactions_held_index', properties: ['createdAt'], where: "status = 'PENDING'" },
  ],
  properties: {
    id: p.uuid().primary(),
    userId: () => p.manyToOne(User).mapToPk().fieldName('user_id').index(false),
    type: p.string().length(16).$type<TransactionType>(),
    status: p.string().length(16).$type<TransactionStatus>(),
    /** As asked, in `currency`; negative for a refund. */
    amount: p.type(MinorUnitsType),
    currency: p.string().length(3),
    /** The same in the wallet's currency. */
    walletAmount: p.type(MinorUnitsType),
    walletCurrency: p.string().length(3),
    /** The same in the base currency, at the rate of the time. */
    baseAmount: p.type(MinorUnitsType),
    /** Base units per unit of `currency` and of `walletCurrency` at the time: the exact rate is their quotient. */
    rate: p.string().length(32),
    walletRate: p.string().length(32),
    merchantName: p.string().length(255).strictNullable(),
    merchantCategory: p.string().length(50).strictNullable(),
    metadata: p.type(new JsonTextType<Record<string, unknown>>()).strictNullable(),
    fraudScore: p.integer(),
    fraudFlags: p.type(WordSetType),
    /** `null` for a refund, which is not scored. */
    fraudHits: p.type(new JsonTextType<readonly FraudHit[]>()).strictNullable(),
    failure: p.type(new JsonTextType<Failure>()).strictNullable(),
    /** The purchase that a refund returns. */
    originalId: p.uuid().strictNullable(),
    /** What completed refunds have returned of a purchase: in `currency`, in the wallet's and in the base currency. */
    refundedAmount: p.type(MinorUnitsType),
    refundedWalletAmount: p.type(MinorUnitsType),
    refundedBaseAmount: p.type(MinorUnitsType),
    reviewDecision: p.string().length(16).$type<ReviewDecision>().strictNullable(),
    reviewNote: p.string().length(500).strictNullable(),
    reviewer: p.string().length(128).strictNullable(),
    reviewedAt: p.datetime(3).strictNullable(),
    reversalReason: p.string().length(500).strictNullable(),
    reversalKey: p.string().length(128).strictNullable(),
    reversalHash: p.string().length(64).strictNullable(),
    reversedBy: p.string().length(128).strictNullable(),
    reversedAt: p.datetime(3).strictNullable(),
    /** Why a refund was made. */
    reason: p.string().length(500).strictNullable(),
    idempotencyKey: p.string().length(128),
    /** SHA-256 of the input that came with the key. */
    requestHash: p.string().length(64),
    createdAt: p.datetime(3),
    updatedAt: p.datetime(3),
  },
});

/** One movement of a wallet, asked for, decided and kept for good. */
export class Transaction extends TransactionSchema.class {}
TransactionSchema.setClass(Transaction);

/** A transaction's values, as a row to be appended or as a copy to be told. */
export type TransactionRow = {
  -readonly [K in keyof Transaction as K extends symbol ? never : K]: Transaction[K];
};

/** What of a transaction ever changes. */
export const revisable = [
  'status',
  'failure',
  'reviewDecision',
  'reviewNote',
  'reviewer',
  'reviewedAt',
  'reversalReason',
  'reversalKey',
  'reversalHash',
  'reversedBy',
  'reversedAt',
  'refundedAmount',
  'refundedWalletAmount',
  'refundedBaseAmount',
  'updatedAt',
] as const satisfies ReadonlyArray<keyof TransactionRow>;

/** Values that a stored transaction takes. */
export type Revision = Partial<Pick<TransactionRow, (typeof revisable)[number]>>;

export function directionOf(transaction: Pick<TransactionRow, 'type'>): Direction {
  return directions[transaction.type];
}

export function amountOf(transaction: Pick<TransactionRow, 'amount' | 'currency'>): Amount {
  return { minor: transaction.amount, currency: transaction.currency };
}

/** The conversion from the transaction's currency to the wallet's, at the rate of the time. */
export function conversionOf(transaction: TransactionRow): Conversion {
  return {
    from: transaction.currency,
    to: transaction.walletCurrency,
    fromRate: transaction.rate,
    toRate: transaction.walletRate,
  };
}
