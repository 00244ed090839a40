import { Authorized, Field, ID, Int, ObjectType } from 'type-graphql';
import type { Scope } from '../access/scopes.js';
import type { Period } from '../analytics/period.js';
import { netOf, type Tally } from '../analytics/tally.js';
import { MoneyType } from './money.type.js';
import { DateTime } from './scalars.js';
import type { Show } from './spending.type.js';

/** A user's spending as it was read. */
export interface SpendingRead {
  readonly tally: Tally;
  readonly walletCurrency: string;
  readonly period: Period;
  readonly asOf: Date;
}

@Authorized<Scope>('analytics:read')
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

  constructor(userId: string, { tally, period, asOf }: SpendingRead, show: Show) {
    this.userId = userId;
    this.from = period.from;
    this.to = period.to;
    this.asOf = asOf;
    this.total = show(netOf(tally));
    this.count = tally.count;
    this.refunded = show(tally.refunded);
  }
}
