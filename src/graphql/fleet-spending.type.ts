import { Authorized, Field, Int, ObjectType } from 'type-graphql';
import type { Scope } from '../access/scopes.js';
import type { Bucket } from '../analytics/buckets.js';
import type { CategorySpending, FleetSpending, Spending } from '../analytics/fleet-spending.js';
import { formatShare } from '../money/ratio.js';
import { MoneyType } from './money.type.js';
import { DateTime, Decimal } from './scalars.js';

export type InMoney = (base: bigint) => MoneyType;

@Authorized<Scope>('reports:read')
@ObjectType('FleetSpendingBucket', { description: 'What was spent in one part of the range.' })
export class FleetSpendingBucketType {
  @Field(() => DateTime, { description: 'From here on.' })
  readonly start: Date;

  @Field(() => DateTime, { description: 'Up to and without this instant.' })
  readonly end: Date;

  @Field(() => MoneyType, {
    description: 'Completed purchases less refunds; negative when more was refunded.',
  })
  readonly amount: MoneyType;

  @Field(() => Int, { description: 'Completed purchases.' })
  readonly count: number;

  constructor({ from, to }: Bucket, { amount, count }: Spending, inMoney: InMoney) {
    this.start = from;
    this.end = to;
    this.amount = inMoney(amount);
    this.count = Number(count);
  }
}

@Authorized<Scope>('reports:read')
@ObjectType('FleetCategorySpending', { description: 'What was spent in one merchant category.' })
export class FleetCategorySpendingType {
  @Field(() => String, { description: 'The merchant category.' })
  readonly category: string;

  @Field(() => MoneyType, { description: 'Completed purchases less refunds.' })
  readonly amount: MoneyType;

  @Field(() => Int, { description: 'Completed purchases.' })
  readonly count: number;

  @Field(() => MoneyType, { description: 'What refunds returned.' })
  readonly refunded: MoneyType;

  @Field(() => Decimal, {
    nullable: true,
    description:
      "amount ÷ the fleet's total, as a decimal of four digits, rounded half-even; null when that is zero.",
  })
  readonly share: string | null;

  constructor(
    private readonly fleet: FleetSpending,
    private readonly spending: CategorySpending,
    private readonly inMoney: InMoney,
  ) {
    this.category = spending.category;
    this.amount = inMoney(spending.amount);
    this.count = Number(spending.count);
    this.refunded = inMoney(spending.refunded);
    this.share = formatShare(spending.amount, fleet.amount);
  }

  @Field(() => [FleetSpendingBucketType], {
    description: 'Over time, the same buckets as those of the whole.',
  })
  get series(): FleetSpendingBucketType[] {
    return toSeries(this.fleet, this.spending.series, this.inMoney);
  }
}

@Authorized<Scope>('reports:read')
@ObjectType('FleetSpending', {
  description:
    'What all users spent in a range: completed purchases less completed refunds, each on the day on which it was made. What is held, failed or reversed is not spent, and a refund whose purchase was reversed is not counted. Amounts are the base-currency equivalents of the time, converted once at the end.',
})
export class FleetSpendingType {
  @Field(() => DateTime, { description: 'From here on.' })
  readonly from: Date;

  @Field(() => DateTime, { description: 'Up to and without this instant.' })
  readonly to: Date;

  @Field(() => DateTime, {
    description:
      'All that was committed by this instant is counted; later is in part. It is now, unless the rollups are just made anew.',
  })
  readonly asOf: Date;

  @Field(() => String, { description: 'The time zone of the days, weeks and months of `series`.' })
  readonly timeZone: string;

  @Field(() => MoneyType, { description: 'Completed purchases less refunds.' })
  readonly total: MoneyType;

  @Field(() => Int, { description: 'Completed purchases.' })
  readonly count: number;

  @Field(() => MoneyType, { description: 'What refunds returned.' })
  readonly refunded: MoneyType;

  @Field(() => [FleetSpendingBucketType], {
    description: 'Over time, without a gap; a bucket in which nothing was spent is there, with zero.',
  })
  readonly series: readonly FleetSpendingBucketType[];

  constructor(
    readonly spending: FleetSpending,
    { from, to }: { readonly from: Date; readonly to: Date },
    readonly inMoney: InMoney,
  ) {
    this.from = from;
    this.to = to;
    this.asOf = spending.asOf;
    this.timeZone = spending.timeZone;
    this.total = inMoney(spending.amount);
    this.count = Number(spending.count);
    this.refunded = inMoney(spending.refunded);
    this.series = toSeries(spending, spending.series, inMoney);
  }

  /** The largest categories. */
  categories(first: number): FleetCategorySpendingType[] {
    const { spending, inMoney } = this;
    return spending.categories
      .slice(0, first)
      .map((category) => new FleetCategorySpendingType(spending, category, inMoney));
  }
}

function toSeries({ buckets }: FleetSpending, series: readonly Spending[], inMoney: InMoney) {
  return buckets.map(
    (bucket, index) => new FleetSpendingBucketType(bucket, series[index] as Spending, inMoney),
  );
}
