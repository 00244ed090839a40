import { Authorized, Field, ID, Int, ObjectType } from 'type-graphql';
import type { Scope } from '../access/scopes.js';
import { changeOf, netOf } from '../analytics/tally.js';
import { INSIGHT_DAYS, type MonthInsights, type UserInsights } from '../analytics/user-insights.js';
import { formatRatio } from '../money/ratio.js';
import { MoneyType } from './money.type.js';
import { DateTime, Decimal } from './scalars.js';
import { HourSpendingType, MerchantSpendingType, type Show, TopCategoryType } from './spending.type.js';

@Authorized<Scope>('analytics:read')
@ObjectType('MonthInsights', { description: "The present month of the user's calendar and the one before." })
export class MonthInsightsType {
  @Field(() => DateTime, { description: 'Where the month begins.' })
  readonly start: Date;

  @Field(() => DateTime, { description: 'Where it ends; this instant is outside.' })
  readonly end: Date;

  @Field(() => MoneyType, { description: 'Net spending of the month so far.' })
  readonly toDate: MoneyType;

  @Field(() => MoneyType, {
    description:
      'Net spending of the month before up to the same day and time; all of it, when it has no such day.',
  })
  readonly previousToDate: MoneyType;

  @Field(() => Decimal, {
    nullable: true,
    description:
      '(`toDate` − `previousToDate`) ÷ `previousToDate`, as a decimal of four digits; null when nothing was spent by then.',
  })
  readonly change: string | null;

  @Field(() => MoneyType, { description: 'Net spending of the whole month before.' })
  readonly previousMonth: MoneyType;

  @Field(() => MoneyType, {
    description:
      'What the month comes to at its run rate: `toDate` ÷ the days so far, today included, × the days of the month.',
  })
  readonly projection: MoneyType;

  constructor({ start, end, day, days, toDate, previousToDate, previous }: MonthInsights, show: Show) {
    this.start = start;
    this.end = end;
    this.toDate = show(toDate);
    this.previousToDate = show(previousToDate);
    this.change = changeOf(toDate, previousToDate);
    this.previousMonth = show(previous);
    this.projection = show(toDate * BigInt(days), BigInt(day));
  }
}

@Authorized<Scope>('analytics:read')
@ObjectType('UserInsights', {
  description: `A user's habits in the last ${INSIGHT_DAYS} days of 24 hours, and the present month. Spending is what \`spendingAnalytics\` says.`,
})
export class UserInsightsType {
  @Field(() => ID, { description: 'Whose habits.' })
  readonly userId: string;

  @Field(() => DateTime, { description: `Where the ${INSIGHT_DAYS} days begin.` })
  readonly since: Date;

  @Field(() => Int, { description: 'How many purchases were completed.' })
  readonly count: number;

  @Field(() => MoneyType, {
    nullable: true,
    description: 'The average purchase, refunds apart; null when there was none.',
  })
  readonly averageTransaction: MoneyType | null;

  @Field(() => Decimal, {
    description: `Purchases a week, as a decimal of four digits: \`count\` × 7 ÷ ${INSIGHT_DAYS}.`,
  })
  readonly purchasesPerWeek: string;

  @Field(() => [HourSpendingType], {
    description: "The up to three hours of the user's clock with the most purchases, most first.",
  })
  readonly usualHours: readonly HourSpendingType[];

  @Field(() => [TopCategoryType], { description: 'The five categories with the most spending.' })
  readonly topCategories: readonly TopCategoryType[];

  @Field(() => [MerchantSpendingType], { description: 'The five merchants with the most spending.' })
  readonly topMerchants: readonly MerchantSpendingType[];

  @Field(() => MonthInsightsType, { description: 'The present month.' })
  readonly month: MonthInsightsType;

  @Field(() => DateTime, { description: 'When this was read: what was committed by then is in it.' })
  readonly asOf: Date;

  constructor(userId: string, insights: UserInsights, show: Show, asOf: Date) {
    const { since, tally, usualHours, topCategories, topMerchants, month } = insights;
    const net = netOf(tally);
    const count = BigInt(tally.count);
    this.userId = userId;
    this.since = since;
    this.count = tally.count;
    this.averageTransaction = count > 0n ? show(tally.gross, count) : null;
    this.purchasesPerWeek = formatRatio(count * 7n, BigInt(INSIGHT_DAYS));
    this.usualHours = usualHours.map(([hour, spent]) => new HourSpendingType(hour, spent, show));
    this.topCategories = topCategories.map(([name, spent]) => new TopCategoryType(name, spent, net, show));
    this.topMerchants = topMerchants.map(([name, spent]) => new MerchantSpendingType(name, spent, net, show));
    this.month = new MonthInsightsType(month, show);
    this.asOf = asOf;
  }
}
