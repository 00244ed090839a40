import { Authorized, Field, ID, Int, ObjectType } from 'type-graphql';
import type { ErrorCode } from '../errors.js';
import type { FraudFlag } from '../fraud/rules/index.js';
import { refundableOf } from '../ledger/refundable.js';
import { conversionOf, type ReviewDecision, type TransactionRow } from '../ledger/transaction.js';
import { formatRate } from '../money/rates.js';
import {
  ErrorCodeEnum,
  FraudFlagEnum,
  ReviewDecisionEnum,
  TransactionStatusEnum,
  TransactionTypeEnum,
} from './enums.js';
import { MoneyType, toMoney } from './money.type.js';
import { DateTime, Decimal, Json } from './scalars.js';

@Authorized()
@ObjectType('Failure', { description: 'Why a transaction failed.' })
export class FailureType {
  @Field(() => ErrorCodeEnum, { description: 'What a program decides by.' })
  readonly code!: ErrorCode;

  @Field(() => String, { description: 'What a person reads.' })
  readonly message!: string;
}

@Authorized()
@ObjectType('Review', { description: "An analyst's decision about a held transaction." })
export class ReviewType {
  constructor(
    decision: ReviewDecision,
    readonly row: TransactionRow,
  ) {
    this.decision = decision;
  }

  @Field(() => ReviewDecisionEnum, { description: 'What was decided.' })
  readonly decision: ReviewDecision;

  @Field(() => String, { description: 'Why.' })
  get note(): string | null {
    return this.row.reviewNote;
  }

  @Field(() => String, { description: 'By whom.' })
  get reviewer(): string | null {
    return this.row.reviewer;
  }

  @Field(() => DateTime, { description: 'When.' })
  get decidedAt(): Date | null {
    return this.row.reviewedAt;
  }
}

@Authorized()
@ObjectType('Reversal', { description: 'The undoing of a completed transaction.' })
export class ReversalType {
  constructor(
    reversedAt: Date,
    readonly row: TransactionRow,
  ) {
    this.reversedAt = reversedAt;
  }

  @Field(() => DateTime, { description: 'When.' })
  readonly reversedAt: Date;

  @Field(() => String, { description: 'Why.' })
  get reason(): string | null {
    return this.row.reversalReason;
  }

  @Field(() => String, { description: 'By whom.' })
  get reversedBy(): string | null {
    return this.row.reversedBy;
  }
}

@Authorized()
@ObjectType('Transaction', {
  description: 'One movement of a wallet: asked for, scored, decided and kept for good.',
})
export class TransactionObject {
  constructor(readonly row: TransactionRow) {}

  get ownerId(): string {
    return this.row.userId;
  }

  @Field(() => ID, { description: 'A UUID; ids ascend with time.' })
  get id(): string {
    return this.row.id;
  }

  @Field(() => TransactionTypeEnum, { description: 'What it is for.' })
  get type(): TransactionRow['type'] {
    return this.row.type;
  }

  @Field(() => TransactionStatusEnum, { description: 'Where it stands.' })
  get status(): TransactionRow['status'] {
    return this.row.status;
  }

  @Field(() => MoneyType, { description: "As asked, in the transaction's currency; negative for a refund." })
  get amount(): MoneyType {
    return toMoney(this.row.amount, this.row.currency);
  }

  @Field(() => MoneyType, { description: "The same in the wallet's currency." })
  get walletAmount(): MoneyType {
    return toMoney(this.row.walletAmount, this.row.walletCurrency);
  }

  @Field(() => Decimal, {
    description:
      'Wallet units per unit of the transaction, at the time; `"1"` when they are the same. Shown with at most 12 digits after the point, though amounts are converted at the exact rate.',
  })
  get exchangeRate(): string {
    return formatRate(conversionOf(this.row));
  }

  @Field(() => String, { nullable: true, description: "The merchant's name; every purchase has one." })
  get merchantName(): string | null {
    return this.row.merchantName;
  }

  @Field(() => String, {
    nullable: true,
    description: 'Lower snake case, such as `food_and_drink`; every purchase has one.',
  })
  get merchantCategory(): string | null {
    return this.row.merchantCategory;
  }

  @Field(() => Json, { nullable: true, description: 'The JSON object that came with it.' })
  get metadata(): unknown {
    return this.row.metadata;
  }

  @Field(() => Int, { description: 'The sum of the points of all rules that hit, 0 to 100; 0 for a refund.' })
  get fraudScore(): number {
    return this.row.fraudScore;
  }

  @Field(() => [FraudFlagEnum], { description: 'What the rules found.' })
  get fraudFlags(): readonly FraudFlag[] {
    return this.row.fraudFlags as readonly FraudFlag[];
  }

  @Field(() => FailureType, { nullable: true, description: 'Why it failed, when it is `FAILED`.' })
  get failure(): FailureType | null {
    return this.row.failure;
  }

  @Field(() => MoneyType, { description: "What has been refunded of it, in the transaction's currency." })
  get refundedAmount(): MoneyType {
    return toMoney(this.row.refundedAmount, this.row.currency);
  }

  @Field(() => MoneyType, { description: 'What is left to refund; zero for whatever cannot be refunded.' })
  get refundableAmount(): MoneyType {
    return toMoney(refundableOf(this.row), this.row.currency);
  }

  @Field(() => ReviewType, { nullable: true, description: "The analyst's decision, once it was reviewed." })
  get review(): ReviewType | null {
    return this.row.reviewDecision ? new ReviewType(this.row.reviewDecision, this.row) : null;
  }

  @Field(() => ReversalType, { nullable: true, description: 'How it was undone, when it is `REVERSED`.' })
  get reversal(): ReversalType | null {
    return this.row.reversedAt ? new ReversalType(this.row.reversedAt, this.row) : null;
  }

  @Field(() => String, { nullable: true, description: 'Why a refund was made, if that was said.' })
  get reason(): string | null {
    return this.row.reason;
  }

  @Field(() => String, { description: 'The key that it was asked for with.' })
  get idempotencyKey(): string {
    return this.row.idempotencyKey;
  }

  @Field(() => DateTime, { description: 'When it was made.' })
  get createdAt(): Date {
    return this.row.createdAt;
  }

  @Field(() => DateTime, { description: 'When it last changed.' })
  get updatedAt(): Date {
    return this.row.updatedAt;
  }
}
