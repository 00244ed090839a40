import { Authorized, Field, ID, Int, ObjectType } from 'type-graphql';
import type { BalanceRecord } from '../events/payload.js';
import { convertAmount, type Rates } from '../money/rates.js';
import { MoneyType, toMoney } from './money.type.js';
import { DateTime } from './scalars.js';

@Authorized()
@ObjectType('Balance', {
  description: "A wallet's money at an instant. None of its amounts is ever negative.",
})
export class BalanceType {
  @Field(() => ID, { description: 'Whose wallet it is.' })
  readonly userId: string;

  @Field(() => MoneyType, { description: 'Settled money.' })
  readonly posted: MoneyType;

  @Field(() => MoneyType, { description: 'What pending debits reserve of it.' })
  readonly held: MoneyType;

  @Field(() => MoneyType, { description: 'What can be spent: posted less held.' })
  readonly available: MoneyType;

  @Field(() => Int, {
    description: 'Grows by exactly one with every change of posted or held: a gapless sequence per user.',
  })
  readonly version: number;

  @Field(() => DateTime, { description: 'The instant for which this is the answer.' })
  readonly asOf: Date;

  get ownerId(): string {
    return this.userId;
  }

  constructor(userId: string, record: BalanceRecord, asOf: Date) {
    const { posted, held, currency } = record;
    this.userId = userId;
    this.posted = toMoney(posted, currency);
    this.held = toMoney(held, currency);
    this.available = toMoney(posted - held, currency);
    this.version = record.version;
    this.asOf = asOf;
  }
}

/** The same wallet in another currency, at today's rates. */
export function inCurrency(record: BalanceRecord, rates: Rates, currency: string): BalanceRecord {
  const convert = (minor: bigint) =>
    convertAmount({ minor, currency: record.currency }, rates, currency).minor;
  return { ...record, posted: convert(record.posted), held: convert(record.held), currency };
}
