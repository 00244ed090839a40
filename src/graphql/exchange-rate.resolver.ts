import { Authorized, Ctx, Field, ObjectType, Query, Resolver } from 'type-graphql';
import type { Context } from './context.js';
import { CurrencyCode, Decimal } from './scalars.js';

@Authorized()
@ObjectType('ExchangeRate', { description: 'The rate of a supported currency against the base currency.' })
export class ExchangeRateType {
  @Field(() => CurrencyCode, { description: 'The currency.' })
  readonly currency!: string;

  @Field(() => CurrencyCode, { description: 'The base currency, in which limits and statistics are kept.' })
  readonly base!: string;

  @Field(() => Decimal, {
    description: 'Base units per unit of the currency; `"1"` for the base currency itself.',
  })
  readonly rate!: string;
}

@Resolver()
export class ExchangeRateResolver {
  @Authorized()
  @Query(() => [ExchangeRateType], { description: 'Every supported currency and its rate, as configured.' })
  exchangeRates(@Ctx() { settings }: Context): ExchangeRateType[] {
    const { base, perUnit } = settings.rates;
    return [...perUnit].map(([currency, rate]) => ({ currency, base, rate }));
  }
}
