import { Authorized, Field, Int, ObjectType } from 'type-graphql';
import type { Scope } from '../access/scopes.js';
import type { Bucket } from '../analytics/spending.js';
import { changeOf, netOf, shareOf, type Tally } from '../analytics/tally.js';
import { conversionBetween, convert, type Rates } from '../money/rates.js';
import { MoneyType, toMoney } from './money.type.js';
import { DateTime, Decimal } from './scalars.js';

/** Shows an amount of the base currency, or one of so many equal parts of it, in the currency that was asked for. */
export type Show = (minor: bigint, parts?: bigint) => MoneyType;

/** Each figure is converted and rounded once, when it is complete. */
export function showIn(currency: string, rates: Rates): Show {
  const conversion = conversionBetween(rates, rates.base, currency);
  return (minor, parts) => toMoney(convert(minor, conversion, parts), currency);
}

const NET = 'Completed purchases less completed refunds; negative when more was refunded.';
const PURCHASES = 'How many purchases were completed.';
const SHARE =
  'Its part of all net spending, as a decimal of four digits, computed before conversion; null when there is none.';

@Authorized<Scope>('analytics:read')
@ObjectType('TopCategory', { description: 'What was spent in one merchant category.' })
export class TopCategoryType {
  @Field(() => String, { description: 'The merchant category; a refund belongs to that of its purchase.' })
  readonly category: string;

  @Field(() => MoneyType, { description: NET })
  readonly amount: MoneyType;

  @Field(() => Int, { description: PURCHASES })
  readonly count: number;

  @Field(() => Decimal, { nullable: true, description: SHARE })
  readonly share: string | null;

  constructor(category: string, tally: Tally, total: bigint, show: Show) {
    const net = netOf(tally);
    this.category = category;
    this.amount = show(net);
    this.count = tally.count;
    this.share = shareOf(net, total);
  }
}

@Authorized<Scope>('analytics:read')
@ObjectType('CategorySpending', {
  description: 'What was spent in one merchant category, beside what was before.',
})
export class CategorySpendingType extends TopCategoryType {
  @Field(() => MoneyType, { description: '`amount` of the period of equal length just before.' })
  readonly previous: MoneyType;

  @Field(() => Decimal, {
    nullable: true,
    description:
      '(`amount` − `previous`) ÷ `previous`, as a decimal of four digits; null when nothing was spent before.',
  })
  readonly change: string | null;

  constructor(category: string, tally: Tally, total: bigint, previous: bigint, show: Show) {
    super(category, tally, total, show);
    this.previous = show(previous);
    this.change = changeOf(netOf(tally), previous);
  }
}

@Authorized<Scope>('analytics:read')
@ObjectType('MerchantSpending', { description: 'What was spent at one merchant.' })
export class MerchantSpendingType {
  @Field(() => String, { description: "The merchant's name; a refund belongs to that of its purchase." })
  readonly merchant: string;

  @Field(() => MoneyType, { description: NET })
  readonly amount: MoneyType;

  @Field(() => Int, { description: PURCHASES })
  readonly count: number;

  @Field(() => Decimal, { nullable: true, description: SHARE })
  readonly share: string | null;

  constructor(merchant: string, tally: Tally, total: bigint, show: Show) {
    const net = netOf(tally);
    this.merchant = merchant;
    this.amount = show(net);
    this.count = tally.count;
    this.share = shareOf(net, total);
  }
}

@Authorized<Scope>('analytics:read')
@ObjectType('SpendingBucket', { description: "A day, week or month of the user's calendar." })
export class SpendingBucketType {
  @Field(() => DateTime, { description: "Its first instant: midnight of the user's clock." })
  readonly start: Date;

  @Field(() => DateTime, { description: 'The first instant after it.' })
  readonly end: Date;

  @Field(() => MoneyType, { description: `${NET} Only what lies within \`from\` and \`to\` counts.` })
  readonly amount: MoneyType;

  @Field(() => Int, { description: PURCHASES })
  readonly count: number;

  constructor({ start, end, tally }: Bucket, show: Show) {
    this.start = start;
    this.end = end;
    this.amount = show(netOf(tally));
    this.count = tally.count;
  }
}

@Authorized<Scope>('analytics:read')
@ObjectType('HourSpending', { description: "What was spent in one hour of the user's clock, on all days." })
export class HourSpendingType {
  @Field(() => Int, { description: '0 to 23: from the full hour to the next.' })
  readonly hour: number;

  @Field(() => MoneyType, { description: NET })
  readonly amount: MoneyType;

  @Field(() => Int, { description: PURCHASES })
  readonly count: number;

  constructor(hour: number, tally: Tally, show: Show) {
    this.hour = hour;
    this.amount = show(netOf(tally));
    this.count = tally.count;
  }
}
