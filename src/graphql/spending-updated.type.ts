import { Field, ID, Int, ObjectType } from 'type-graphql';
import type { SpendingOf } from '../analytics/spending-of.js';
import type { Span } from '../rollups/spans.js';
import { MoneyType } from './money.type.js';
import { DateTime } from './scalars.js';

/** A user's spending as it was read. */
export interface SpendingRead extends SpendingOf {
  readonly span: Span;
  readonly asOf: Date;
}

@ObjectType('SpendingUpdate', {
  description: "What a user has spent in the current month of the user's time zone.",
})
export class SpendingUpdateType {
  @Field(() => ID, { description: 'Who spent it.' })
  readonly userId: string;

  @Field(() => DateTime, { description: 'When the month began.' })
  readonly from: Date;

  @Field(() => DateTime, { description: 'When the month ends.' })
  readonly to: Date;

  @Field(() => DateTime, { description: 'The instant for which this is the answer.' })
  readonly asOf: Date;

  @Field(() => MoneyType, { description: 'Completed purchases less refunds.' })
  readonly total: MoneyType;

  @Field(() => Int, { description: 'Completed purchases.' })
  readonly count: number;

  @Field(() => MoneyType, { description: 'What refunds returned.' })
  readonly refunded: MoneyType;

  constructor(userId: string, read: SpendingRead, inMoney: (base: bigint) => MoneyType) {
    this.userId = userId;
    this.from = read.span.from;
    this.to = read.span.to;
    this.asOf = read.asOf;
    this.total = inMoney(read.amount);
    this.count = Number(read.count);
    this.refunded = inMoney(read.refunded);
  }
}
