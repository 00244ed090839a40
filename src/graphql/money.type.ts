import { Authorized, Field, InputType, Int, ObjectType } from 'type-graphql';
import { type Amount, formatMinor } from '../money/amount.js';
import { getExponent } from '../money/currency.js';
import { CurrencyCode, Decimal } from './scalars.js';

@Authorized()
@ObjectType('Money', { description: 'An exact amount in one currency.' })
export class MoneyType {
  @Field(() => Decimal, { description: 'In major units, with all digits of the minor unit: `"45.50"`.' })
  readonly amount: string;

  @Field(() => CurrencyCode, { description: 'The currency.' })
  readonly currency: string;

  @Field(() => String, { description: 'The same as a whole number of minor units, as a string: `"4550"`.' })
  readonly minorUnits: string;

  @Field(() => Int, {
    description: "How many digits the currency's minor unit has (ISO 4217): JPY 0, MYR 2, KWD 3.",
  })
  readonly exponent: number;

  constructor({ minor, currency }: Amount) {
    this.exponent = getExponent(currency);
    this.amount = formatMinor(minor, this.exponent);
    this.currency = currency;
    this.minorUnits = minor.toString();
  }
}

export function toMoney(minor: bigint, currency: string): MoneyType {
  return new MoneyType({ minor, currency });
}

@InputType('MoneyInput', { description: 'An amount in one currency.' })
export class MoneyInput {
  @Field(() => Decimal, {
    description: 'In major units, with no more fraction digits than the currency has: nothing is rounded.',
  })
  amount!: string;

  @Field(() => CurrencyCode, { description: 'The currency; `exchangeRates` lists what is supported.' })
  currency!: string;
}
