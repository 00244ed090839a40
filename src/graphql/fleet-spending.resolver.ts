import { Arg, Authorized, Ctx, FieldResolver, Int, Query, Resolver, Root } from 'type-graphql';
import type { Scope } from '../access/scopes.js';
import { fleetSpending } from '../analytics/fleet-spending.js';
import type { CalendarUnit } from '../local-time.js';
import { checkPeriod, showFor } from './analytics-input.js';
import type { Context } from './context.js';
import { GranularityEnum } from './enums.js';
import { badUserInput } from './errors.js';
import { FleetCategorySpendingType, FleetSpendingType } from './fleet-spending.type.js';
import { CurrencyCode, DateTime } from './scalars.js';

const CATEGORIES_MAX = 100;

@Resolver(() => FleetSpendingType)
export class FleetSpendingResolver {
  @Authorized<Scope>('reports:read')
  @Query(() => FleetSpendingType, {
    description: 'What all users spent in a range, by category and over time. Exact as of its `asOf`.',
  })
  async fleetSpending(
    @Ctx() context: Context,
    @Arg('from', () => DateTime, { description: 'From here on.' }) from: Date,
    @Arg('to', () => DateTime, { description: 'Up to and without this instant.' }) to: Date,
    @Arg('granularity', () => GranularityEnum, {
      defaultValue: 'DAY',
      description: 'How long the buckets of `series` are, in the reporting time zone.',
    })
    unit: CalendarUnit,
    @Arg('currency', () => CurrencyCode, {
      nullable: true,
      description: 'The currency of the amounts; the base currency, when omitted.',
    })
    currency?: string,
  ): Promise<FleetSpendingType> {
    const span = checkPeriod(from, to, context);
    const show = showFor(context, currency, context.settings.rates.base);
    const spending = await fleetSpending(context.orm, context.clock.now(), span, unit);
    return new FleetSpendingType(spending, span, show);
  }

  @Authorized<Scope>('reports:read')
  @FieldResolver(() => [FleetCategorySpendingType], {
    description: 'By merchant category, the largest first.',
  })
  byCategory(
    @Root() spending: FleetSpendingType,
    @Arg('first', () => Int, { defaultValue: 20, description: 'How many, 1 to 100.' }) first: number,
  ): FleetCategorySpendingType[] {
    if (first < 1 || first > CATEGORIES_MAX) {
      throw badUserInput(`first must be from 1 to ${CATEGORIES_MAX}.`, ['first']);
    }
    return spending.categories(first);
  }
}
