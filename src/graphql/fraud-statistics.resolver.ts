import { Arg, Authorized, Ctx, Int, Query, Resolver, Root, Subscription } from 'type-graphql';
import type { Scope } from '../access/scopes.js';
import { type FraudStatistics, fraudStatistics } from '../analytics/fraud-statistics.js';
import type { State } from '../events/live-state.js';
import { addToDate, type CalendarUnit, localDate, startOfLocalDate } from '../local-time.js';
import { reportingTimeZone } from '../rollups/bind-time-zone.js';
import type { Span } from '../rollups/spans.js';
import { checkPeriod, showFor } from './analytics-input.js';
import type { Context } from './context.js';
import { GranularityEnum } from './enums.js';
import { badUserInput } from './errors.js';
import { FraudStatisticsType } from './fraud-statistics.type.js';
import { CurrencyCode, DateTime } from './scalars.js';

const CURRENCY = 'The currency of the amounts; the base currency, when omitted.';
const GRANULARITY = 'How long the buckets of `series` are, in the reporting time zone.';

/** Statistics as they were read, and the span that they are of. */
interface Read {
  readonly span: Span;
  readonly statistics: FraudStatistics;
}

@Resolver()
export class FraudStatisticsResolver {
  @Authorized<Scope>('fraud:read')
  @Query(() => FraudStatisticsType, {
    description:
      'What the fraud rules found in the transactions that were made in a range, and what became of those since. Exact as of its `asOf`.',
  })
  async fraudStatistics(
    @Ctx() context: Context,
    @Arg('from', () => DateTime, { description: 'From here on.' }) from: Date,
    @Arg('to', () => DateTime, { description: 'Up to and without this instant.' }) to: Date,
    @Arg('granularity', () => GranularityEnum, { defaultValue: 'DAY', description: GRANULARITY })
    unit: CalendarUnit,
    @Arg('currency', () => CurrencyCode, { nullable: true, description: CURRENCY }) currency?: string,
  ): Promise<FraudStatisticsType> {
    const span = checkPeriod(from, to, context);
    showFor(context, currency, context.settings.rates.base);
    const { orm, clock, settings } = context;
    const statistics = await fraudStatistics(orm, clock.now(), span, unit, settings.fraud);
    return toType({ span, statistics }, context, currency);
  }

  @Authorized<Scope>('fraud:read')
  @Subscription(() => FraudStatisticsType, {
    description:
      'The statistics of the last days: as they are now, then at most once a second when they have changed, and now and then when they have not. A slow reader is told the newest only; there is no cursor, since each message is the whole state.',
    subscribe: watchStatistics,
  })
  fraudStatisticsUpdated(
    @Root() { value }: State<Read>,
    @Ctx() context: Context,
    @Arg('days', () => Int, {
      defaultValue: 1,
      description: 'How many days of the reporting time zone, today included.',
    })
    _days: number,
    @Arg('granularity', () => GranularityEnum, { defaultValue: 'DAY', description: GRANULARITY })
    _unit: CalendarUnit,
    @Arg('currency', () => CurrencyCode, { nullable: true, description: CURRENCY }) currency?: string,
  ): FraudStatisticsType {
    return toType(value, context, currency);
  }
}

function toType({ statistics, span }: Read, context: Context, currency?: string): FraudStatisticsType {
  return new FraudStatisticsType(statistics, span, showFor(context, currency, context.settings.rates.base));
}

interface Watching {
  readonly context: Context;
  readonly args: {
    readonly days: number;
    readonly granularity: CalendarUnit;
    readonly currency?: string | null;
  };
}

function watchStatistics({ context, args }: Watching): AsyncIterableIterator<State<Read>> {
  const { orm, clock, settings, states, analytics } = context;
  const { days, granularity } = args;
  if (days < 1 || days > analytics.rangeDaysMax) {
    throw badUserInput(`days must be from 1 to ${analytics.rangeDaysMax}.`, ['days']);
  }
  showFor(context, args.currency, context.settings.rates.base);
  return states.watch(JSON.stringify(['fraudStatistics', days, granularity]), {
    changes: ({ row }) => row.transactionId !== null,
    read: async () => {
      const now = clock.now();
      const span = lastDays(now, days, await reportingTimeZone(orm.em.fork()));
      return { span, statistics: await fraudStatistics(orm, now, span, granularity, settings.fraud) };
    },
  });
}

/** So many whole local days, the one of `now` included. */
function lastDays(now: Date, days: number, timeZone: string): Span {
  const tomorrow = addToDate(localDate(now, timeZone), 1, 'DAY');
  return {
    from: startOfLocalDate(addToDate(tomorrow, -days, 'DAY'), timeZone),
    to: startOfLocalDate(tomorrow, timeZone),
  };
}
