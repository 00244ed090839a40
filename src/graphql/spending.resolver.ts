import { Arg, Authorized, Ctx, FieldResolver, ID, Int, Query, Resolver, Root } from 'type-graphql';
import type { Scope } from '../access/scopes.js';
import { byCategory, byHourOfDay, byMerchant, findSpending, seriesOf } from '../analytics/spending.js';
import { ranked } from '../analytics/tally.js';
import type { CalendarUnit } from '../local-time.js';
import { checkPeriod, getUser, showFor } from './analytics-input.js';
import type { Context } from './context.js';
import { GranularityEnum } from './enums.js';
import { badUserInput } from './errors.js';
import { CurrencyCode, DateTime } from './scalars.js';
import {
  CategorySpendingType,
  HourSpendingType,
  MerchantSpendingType,
  SpendingBucketType,
} from './spending.type.js';
import { SpendingAnalyticsType } from './spending-analytics.type.js';

const MERCHANTS_MAX = 100;

@Resolver(() => SpendingAnalyticsType)
export class SpendingResolver {
  @Authorized<Scope>('analytics:read')
  @Query(() => SpendingAnalyticsType, {
    description: 'What a user spent in a period, by category, merchant, calendar and hour.',
  })
  async spendingAnalytics(
    @Ctx() context: Context,
    @Arg('userId', () => ID, { description: 'Whose spending.' }) userId: string,
    @Arg('from', () => DateTime, { description: 'From this instant on.' }) from: Date,
    @Arg('to', () => DateTime, {
      description:
        'Up to this instant, which is outside; it may lie in the future. The longest period is 731 days by default.',
    })
    to: Date,
    @Arg('granularity', () => GranularityEnum, {
      defaultValue: 'DAY',
      description: 'The units of `series`.',
    })
    granularity: CalendarUnit,
    @Arg('currency', () => CurrencyCode, {
      nullable: true,
      description: "The currency of all amounts; the wallet's, when omitted.",
    })
    currency?: string,
  ): Promise<SpendingAnalyticsType> {
    const period = checkPeriod(from, to, context);
    const user = await getUser(context, userId);
    const show = showFor(context, currency, user.currency);
    const asOf = context.clock.now();
    const spending = await findSpending(context.orm.em, user, period);
    return new SpendingAnalyticsType(user.id, spending, granularity, show, asOf);
  }

  @Authorized<Scope>('analytics:read')
  @FieldResolver(() => [CategorySpendingType], {
    description:
      'Every merchant category of the period, most spending first, then by name. Categories of only the previous period are not among them.',
  })
  byCategory(@Root() { spending, net, show }: SpendingAnalyticsType): CategorySpendingType[] {
    return ranked(byCategory(spending)).map(
      ([category, tally]) =>
        new CategorySpendingType(category, tally, net, spending.previous.get(category) ?? 0n, show),
    );
  }

  @Authorized<Scope>('analytics:read')
  @FieldResolver(() => [MerchantSpendingType], {
    description: 'The merchants of the period, most spending first, then by name.',
  })
  byMerchant(
    @Root() { spending, net, show }: SpendingAnalyticsType,
    @Arg('first', () => Int, { defaultValue: 10, description: `At most so many, 1 to ${MERCHANTS_MAX}.` })
    first: number,
  ): MerchantSpendingType[] {
    if (first < 1 || first > MERCHANTS_MAX) {
      throw badUserInput(`first must be from 1 to ${MERCHANTS_MAX}.`, ['first']);
    }
    return ranked(byMerchant(spending))
      .slice(0, first)
      .map(([merchant, tally]) => new MerchantSpendingType(merchant, tally, net, show));
  }

  @Authorized<Scope>('analytics:read')
  @FieldResolver(() => [SpendingBucketType], {
    description:
      "Every day, week or month of the user's calendar that the period touches, in order, those without spending too.",
  })
  series(@Root() { spending, granularity, show }: SpendingAnalyticsType): SpendingBucketType[] {
    return seriesOf(spending, granularity).map((bucket) => new SpendingBucketType(bucket, show));
  }

  @Authorized<Scope>('analytics:read')
  @FieldResolver(() => [HourSpendingType], {
    description: "The 24 hours of the user's clock, those without spending too.",
  })
  byHourOfDay(@Root() { spending, show }: SpendingAnalyticsType): HourSpendingType[] {
    return byHourOfDay(spending.rows, spending.timeZone).map(
      (tally, hour) => new HourSpendingType(hour, tally, show),
    );
  }
}
