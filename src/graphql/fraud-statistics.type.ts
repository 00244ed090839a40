import { Authorized, Field, Int, ObjectType } from 'type-graphql';
import type { Scope } from '../access/scopes.js';
import type { FraudStatistics } from '../analytics/fraud-statistics.js';
import { formatShare } from '../money/ratio.js';
import {
  FraudBucketType,
  FraudFlagPairType,
  FraudFlagStatisticsType,
  FraudLevelStatisticsType,
  FraudScoreStepType,
  HeldNowType,
  RATE,
  ReviewTimeType,
} from './fraud-figures.type.js';
import { MoneyType } from './money.type.js';
import { DateTime, Decimal } from './scalars.js';

@Authorized<Scope>('fraud:read')
@ObjectType('FraudStatistics', {
  description:
    'What the rules found in the transactions that were made in a range, and what became of those since. Every transaction that `createTransaction` records is scored, refused ones too; refunds are not. Amounts are the base-currency equivalents of the time, converted once at the end.',
})
export class FraudStatisticsType {
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

  @Field(() => Int, { description: 'Transactions that were scored.' })
  readonly scored: number;

  @Field(() => Int, { description: 'Those with at least one flag.' })
  readonly flagged: number;

  @Field(() => Int, { description: 'Those that were held for a review, decided or not.' })
  readonly held: number;

  @Field(() => Int, { description: 'Those that a review approved.' })
  readonly approved: number;

  @Field(() => Int, { description: 'Those that a review rejected.' })
  readonly rejected: number;

  @Field(() => Decimal, {
    nullable: true,
    description: `rejected ÷ reviewed, which is approved + rejected, ${RATE}; null when none was reviewed.`,
  })
  readonly precision: string | null;

  @Field(() => [FraudLevelStatisticsType], { description: 'By level, every one of them, the lowest first.' })
  readonly byLevel: readonly FraudLevelStatisticsType[];

  @Field(() => [FraudFlagStatisticsType], {
    description: 'By flag, every rule once, also one that hit nothing.',
  })
  readonly byFlag: readonly FraudFlagStatisticsType[];

  @Field(() => [FraudScoreStepType], { description: 'By score, in ten steps of ten: 0 to 9, …, 90 to 100.' })
  readonly scoreHistogram: readonly FraudScoreStepType[];

  @Field(() => [FraudFlagPairType], {
    description: 'Flags that fire together, the most frequent pair first.',
  })
  readonly flagPairs: readonly FraudFlagPairType[];

  @Field(() => HeldNowType, { description: 'What waits for a review now.' })
  readonly heldNow: HeldNowType;

  @Field(() => ReviewTimeType, {
    nullable: true,
    description: 'How long reviews took; null when there was none.',
  })
  readonly reviewTime: ReviewTimeType | null;

  @Field(() => MoneyType, { description: 'Confirmed fraud that was prevented: what was rejected in review.' })
  readonly confirmedFraudPrevented: MoneyType;

  @Field(() => MoneyType, {
    description:
      'What refunds have returned until now of purchases with at least one flag: what was suspected, let through and given back. Reversals are not refunds.',
  })
  readonly refundedLater: MoneyType;

  @Field(() => [FraudBucketType], {
    description: 'Over time, without a gap; a bucket in which nothing happened is there.',
  })
  readonly series: readonly FraudBucketType[];

  constructor(
    statistics: FraudStatistics,
    { from, to }: { readonly from: Date; readonly to: Date },
    inMoney: (base: bigint) => MoneyType,
  ) {
    const { outcomes, heldNow, asOf } = statistics;
    const scored = outcomes.SCORED.count;
    this.from = from;
    this.to = to;
    this.asOf = asOf;
    this.timeZone = statistics.timeZone;
    this.scored = Number(scored);
    this.flagged = Number(outcomes.FLAGGED.count);
    this.held = Number(outcomes.HELD.count);
    this.approved = Number(outcomes.APPROVED.count);
    this.rejected = Number(outcomes.REJECTED.count);
    this.precision = formatShare(outcomes.REJECTED.count, outcomes.APPROVED.count + outcomes.REJECTED.count);
    this.byLevel = statistics.levels.map(({ level, count }) => ({
      level,
      count: Number(count),
      share: formatShare(count, scored),
    }));
    this.byFlag = statistics.flags.map(
      ({ flag, outcomes }) => new FraudFlagStatisticsType(flag, outcomes, scored),
    );
    this.scoreHistogram = statistics.histogram.map((step) => ({ ...step, count: Number(step.count) }));
    this.flagPairs = statistics.pairs.map(({ flags, count }) => ({ flags, count: Number(count) }));
    this.heldNow = {
      count: Number(heldNow.count),
      amount: inMoney(heldNow.amount),
      oldestAgeSeconds: heldNow.oldestAgeSeconds,
    };
    this.reviewTime = statistics.reviewSeconds ?? null;
    this.confirmedFraudPrevented = inMoney(outcomes.REJECTED.amount);
    this.refundedLater = inMoney(outcomes.REFUNDED.amount);
    this.series = statistics.series.map((bucket) => new FraudBucketType(bucket));
  }
}
