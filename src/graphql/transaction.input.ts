import { ArgsType, Field, ID, InputType, Int } from 'type-graphql';
import type { FraudFlag } from '../fraud/rules/index.js';
import type { ReviewDecision, TransactionStatus, TransactionType } from '../ledger/transaction.js';
import {
  FraudFlagEnum,
  OrderDirectionEnum,
  type OrderDirectionName,
  type OrderFieldName,
  ReviewDecisionEnum,
  TransactionOrderFieldEnum,
  TransactionStatusEnum,
  TransactionTypeEnum,
} from './enums.js';
import { MoneyInput } from './money.type.js';
import { DateTime, Decimal, Json } from './scalars.js';

const KEY =
  '1 to 128 visible ASCII characters, unique per user and kept for good. The same key with the same input gives the first outcome again; make a new one for every payment and send it again when an answer is lost.';

@InputType('CreateTransactionInput', { description: 'A purchase, a withdrawal or a top-up.' })
export class CreateTransactionInputType {
  @Field(() => ID, { description: 'Whose wallet.' })
  userId!: string;

  @Field(() => TransactionTypeEnum, {
    defaultValue: 'PURCHASE',
    description: 'What it is for; not `REFUND`.',
  })
  type!: TransactionType;

  @Field(() => MoneyInput, { description: "How much, in any supported currency; converted to the wallet's." })
  amount!: MoneyInput;

  @Field(() => String, { nullable: true, description: 'At most 255 characters; required for a purchase.' })
  merchantName?: string;

  @Field(() => String, {
    nullable: true,
    description:
      'Lower snake case of at most 50 characters, such as `food_and_drink`; required for a purchase.',
  })
  merchantCategory?: string;

  @Field(() => Json, {
    nullable: true,
    description: 'A JSON object of at most 8 KiB, returned as it was given.',
  })
  metadata?: unknown;

  @Field(() => String, { description: KEY })
  idempotencyKey!: string;
}

@InputType('CreateTransactionsInput', { description: 'Any number of purchases, withdrawals and top-ups.' })
export class CreateTransactionsInputType {
  @Field(() => [CreateTransactionInputType], {
    description:
      '1 to 500, of any users; those of one user are decided in this order. A request has at most 100 KiB, so that with much metadata fewer fit.',
  })
  items!: CreateTransactionInputType[];
}

@InputType('RefundInput', { description: 'The refund of a completed purchase, or of a part of it.' })
export class RefundInputType {
  @Field(() => ID, { description: 'The purchase.' })
  transactionId!: string;

  @Field(() => MoneyInput, {
    nullable: true,
    description: "How much, in the purchase's currency; all that is left, when omitted.",
  })
  amount?: MoneyInput;

  @Field(() => String, { nullable: true, description: 'Why, at most 500 characters.' })
  reason?: string;

  @Field(() => String, { description: KEY })
  idempotencyKey!: string;
}

@InputType('ReviewTransactionInput', { description: "An analyst's decision about a held transaction." })
export class ReviewTransactionInputType {
  @Field(() => ID, { description: 'The transaction, which must be `PENDING`.' })
  transactionId!: string;

  @Field(() => ReviewDecisionEnum, { description: 'What is decided, once and for all.' })
  decision!: ReviewDecision;

  @Field(() => String, { description: 'Why, at most 500 characters; stays on the transaction.' })
  note!: string;
}

@InputType('ReverseTransactionInput', { description: 'The undoing of a completed transaction.' })
export class ReverseTransactionInputType {
  @Field(() => ID, { description: 'The transaction, which must be `COMPLETED`.' })
  transactionId!: string;

  @Field(() => String, { description: 'Why, at most 500 characters; stays on the transaction.' })
  reason!: string;

  @Field(() => String, { description: KEY })
  idempotencyKey!: string;
}

@InputType('DateTimeRange', { description: 'Instants from `gte`, inclusive, to `lt`, exclusive.' })
export class DateTimeRangeInput {
  @Field(() => DateTime, { nullable: true, description: 'At or after.' })
  gte?: Date;

  @Field(() => DateTime, { nullable: true, description: 'Before.' })
  lt?: Date;
}

@InputType('DecimalRange', { description: 'Amounts from `gte`, inclusive, to `lt`, exclusive.' })
export class DecimalRangeInput {
  @Field(() => Decimal, { nullable: true, description: 'At least.' })
  gte?: string;

  @Field(() => Decimal, { nullable: true, description: 'Less than.' })
  lt?: string;
}

@InputType('IntRange', { description: 'Whole numbers from `gte`, inclusive, to `lt`, exclusive.' })
export class IntRangeInput {
  @Field(() => Int, { nullable: true, description: 'At least.' })
  gte?: number;

  @Field(() => Int, { nullable: true, description: 'Less than.' })
  lt?: number;
}

@InputType('TransactionFilter', {
  description:
    'All conditions must hold; of a list, any value may. A condition that is omitted or an empty list asks for nothing.',
})
export class TransactionFilterInput {
  @Field(() => [TransactionStatusEnum], { nullable: true, description: 'Where it stands.' })
  status?: TransactionStatus[];

  @Field(() => [TransactionTypeEnum], { nullable: true, description: 'What it is for.' })
  type?: TransactionType[];

  @Field(() => [String], { nullable: true, description: 'The merchant category, exactly.' })
  merchantCategory?: string[];

  @Field(() => DateTimeRangeInput, { nullable: true, description: 'When it was made.' })
  createdAt?: DateTimeRangeInput;

  @Field(() => DecimalRangeInput, {
    nullable: true,
    description:
      'Its equivalent in the base currency when it was made, so that currencies compare; negative for a refund.',
  })
  amount?: DecimalRangeInput;

  @Field(() => IntRangeInput, { nullable: true, description: 'Its fraud score.' })
  fraudScore?: IntRangeInput;

  @Field(() => [FraudFlagEnum], { nullable: true, description: 'What the fraud rules found.' })
  fraudFlag?: FraudFlag[];
}

@InputType('TransactionOrder', { description: 'What to sort by, and which way.' })
export class TransactionOrderInput {
  @Field(() => TransactionOrderFieldEnum, { description: 'What to sort by.' })
  field!: OrderFieldName;

  @Field(() => OrderDirectionEnum, { description: 'Which way.' })
  direction!: OrderDirectionName;
}

@ArgsType()
export class TransactionPageArgs {
  @Field(() => TransactionFilterInput, { nullable: true, description: 'Which transactions.' })
  filter?: TransactionFilterInput;

  @Field(() => TransactionOrderInput, { nullable: true, description: 'Newest first, when omitted.' })
  orderBy?: TransactionOrderInput;

  @Field(() => Int, {
    nullable: true,
    description: 'The first so many, 1 to 100; 50 when neither `first` nor `last` is given.',
  })
  first?: number;

  @Field(() => String, { nullable: true, description: 'After this cursor.' })
  after?: string;

  @Field(() => Int, { nullable: true, description: 'The last so many, 1 to 100; not together with `first`.' })
  last?: number;

  @Field(() => String, { nullable: true, description: 'Before this cursor.' })
  before?: string;
}
