import { Authorized, Field, ID, Int, ObjectType } from 'type-graphql';
import type { Scope } from '../access/scopes.js';
import { previousTotal, type Spending } from '../analytics/spending.js';
import { changeOf, netOf, tallyOf } from '../analytics/tally.js';
import type { CalendarUnit } from '../local-time.js';
import { MoneyType } from './money.type.js';
import { DateTime, Decimal } from './scalars.js';
import type { Show } from './spending.type.js';

/** Its lists are made by the resolver, each only when it is asked for. */
@Authorized<Scope>('analytics:read')
@ObjectType('SpendingAnalytics', {
  description:
    "A user's spending in a period: completed purchases less completed refunds, each when it was made. What is held, failed or reversed is not spent, nor do refunds of a reversed purchase count. Every figure is summed at the rates stored with the transactions and then converted once, at today's rate, rounded half to even; so converted parts need not add up to the last digit.",
})
export class SpendingAnalyticsType {
  @Field(() => ID, { description: 'Whose spending.' })
  readonly userId: string;

  @Field(() => DateTime, { description: 'Where the period begins.' })
  readonly from: Date;

  @Field(() => DateTime, { description: 'Where it ends; this instant is outside.' })
  readonly to: Date;

  @Field(() => String, { description: "The user's time zone, in which days begin and hours are told." })
  readonly timeZone: string;

  @Field(() => MoneyType, { description: 'Purchases less refunds; negative when more was refunded.' })
  readonly total: MoneyType;

  @Field(() => Int, { description: 'How many purchases were completed.' })
  readonly count: number;

  @Field(() => MoneyType, {
    nullable: true,
    description: 'The average purchase, refunds apart; null when there was none.',
  })
  readonly average: MoneyType | null;

  @Field(() => MoneyType, {
    nullable: true,
    description: 'The largest purchase, refunds apart; null when there was none.',
  })
  readonly largest: MoneyType | null;

  @Field(() => MoneyType, { description: 'What refunds returned, as a positive amount.' })
  readonly refunded: MoneyType;

  @Field(() => MoneyType, { description: '`total` of the period of equal length just before.' })
  readonly previousTotal: MoneyType;

  @Field(() => Decimal, {
    nullable: true,
    description:
      '(`total` − `previousTotal`) ÷ `previousTotal`, as a decimal of four digits; null when nothing was spent before.',
  })
  readonly change: string | null;

  @Field(() => DateTime, { description: 'When this was read: what was committed by then is in it.' })
  readonly asOf: Date;

  readonly net: bigint;

  constructor(
    userId: string,
    readonly spending: Spending,
    readonly granularity: CalendarUnit,
    readonly show: Show,
    asOf: Date,
  ) {
    const tally = tallyOf(spending.rows);
    const previous = previousTotal(spending);
    this.net = netOf(tally);
    this.userId = userId;
    this.from = spending.period.from;
    this.to = spending.period.to;
    this.timeZone = spending.timeZone;
    this.total = show(this.net);
    this.count = tally.count;
    this.average = tally.count > 0 ? show(tally.gross, BigInt(tally.count)) : null;
    this.largest = tally.largest === undefined ? null : show(tally.largest);
    this.refunded = show(tally.refunded);
    this.previousTotal = show(previous);
    this.change = changeOf(this.net, previous);
    this.asOf = asOf;
  }
}
