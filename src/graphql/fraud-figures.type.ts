import { Authorized, Field, Int, ObjectType } from 'type-graphql';
import type { Scope } from '../access/scopes.js';
import type { FraudFigures, Outcomes } from '../analytics/fraud-figures.js';
import type { FraudLevel } from '../fraud/assess.js';
import type { FraudFlag } from '../fraud/rules/index.js';
import { formatShare } from '../money/ratio.js';
import { FraudFlagEnum, FraudLevelEnum } from './enums.js';
import { MoneyType } from './money.type.js';
import { DateTime, Decimal } from './scalars.js';

/** How every rate is told. */
export const RATE = 'as a decimal of four digits, rounded half-even';

@Authorized<Scope>('fraud:read')
@ObjectType('FraudLevelStatistics', { description: 'How many transactions came to one level.' })
export class FraudLevelStatisticsType {
  @Field(() => FraudLevelEnum, { description: 'The level, by the thresholds as they are set now.' })
  readonly level!: FraudLevel;

  @Field(() => Int, { description: 'Transactions of this level.' })
  readonly count!: number;

  @Field(() => Decimal, {
    nullable: true,
    description: `count ÷ all that were scored, ${RATE}; null when nothing was scored.`,
  })
  readonly share!: string | null;
}

@Authorized<Scope>('fraud:read')
@ObjectType('FraudFlagStatistics', { description: 'How often one rule hit, and what became of its hits.' })
export class FraudFlagStatisticsType {
  @Field(() => FraudFlagEnum, { description: 'The flag.' })
  readonly flag: FraudFlag;

  @Field(() => Int, { description: 'Transactions with this flag.' })
  readonly hits: number;

  @Field(() => Decimal, {
    nullable: true,
    description: `hits ÷ all that were scored, ${RATE}; null when nothing was scored.`,
  })
  readonly share: string | null;

  @Field(() => Int, { description: 'Hits that were held for a review, decided or not.' })
  readonly held: number;

  @Field(() => Int, { description: 'Hits that a review approved.' })
  readonly approved: number;

  @Field(() => Int, { description: 'Hits that a review rejected.' })
  readonly rejected: number;

  @Field(() => Decimal, {
    nullable: true,
    description: `rejected ÷ reviewed, which is approved + rejected, ${RATE}; null when none was reviewed.`,
  })
  readonly precision: string | null;

  constructor(flag: FraudFlag, outcomes: Outcomes, scored: bigint) {
    const { SCORED, HELD, APPROVED, REJECTED } = outcomes;
    this.flag = flag;
    this.hits = Number(SCORED.count);
    this.share = formatShare(SCORED.count, scored);
    this.held = Number(HELD.count);
    this.approved = Number(APPROVED.count);
    this.rejected = Number(REJECTED.count);
    this.precision = formatShare(REJECTED.count, APPROVED.count + REJECTED.count);
  }
}

@Authorized<Scope>('fraud:read')
@ObjectType('FraudScoreStep', { description: 'How many transactions scored within a step of ten.' })
export class FraudScoreStepType {
  @Field(() => Int, { description: 'The lowest score of the step.' })
  readonly from!: number;

  @Field(() => Int, { description: 'The highest score of the step, included; the last step is 90 to 100.' })
  readonly to!: number;

  @Field(() => Int, { description: 'Transactions that scored so.' })
  readonly count!: number;
}

@Authorized<Scope>('fraud:read')
@ObjectType('FraudFlagPair', { description: 'Two rules that hit the same transactions.' })
export class FraudFlagPairType {
  @Field(() => [FraudFlagEnum], { description: 'The two flags.' })
  readonly flags!: readonly FraudFlag[];

  @Field(() => Int, { description: 'Transactions with both.' })
  readonly count!: number;
}

@Authorized<Scope>('fraud:read')
@ObjectType('HeldNow', {
  description: 'What waits for a review now, whenever it was made: `from` and `to` do not matter.',
})
export class HeldNowType {
  @Field(() => Int, { description: 'Transactions that wait.' })
  readonly count!: number;

  @Field(() => MoneyType, { description: 'What they come to.' })
  readonly amount!: MoneyType;

  @Field(() => Int, {
    nullable: true,
    description: 'How many seconds the oldest waits; null when none does.',
  })
  readonly oldestAgeSeconds!: number | null;
}

@Authorized<Scope>('fraud:read')
@ObjectType('ReviewTime', {
  description:
    'How long reviews took, from the transaction to the decision, in whole seconds, by nearest rank.',
})
export class ReviewTimeType {
  @Field(() => Int, { description: 'The median: half of the reviews took no longer.' })
  readonly p50!: number;

  @Field(() => Int, { description: '95 of 100 reviews took no longer.' })
  readonly p95!: number;
}

@Authorized<Scope>('fraud:read')
@ObjectType('FraudBucket', { description: 'What was scored in one part of the range.' })
export class FraudBucketType {
  @Field(() => DateTime, { description: 'From here on.' })
  readonly start: Date;

  @Field(() => DateTime, { description: 'Up to and without this instant.' })
  readonly end: Date;

  @Field(() => Int, { description: 'Transactions that were scored.' })
  readonly scored: number;

  @Field(() => Int, { description: 'Those with at least one flag.' })
  readonly flagged: number;

  @Field(() => Int, { description: 'Those that were held for a review, decided or not.' })
  readonly held: number;

  @Field(() => Int, { description: 'Those that a review approved, whenever that was.' })
  readonly approved: number;

  @Field(() => Int, { description: 'Those that a review rejected, whenever that was.' })
  readonly rejected: number;

  constructor({ bucket, outcomes }: FraudFigures['series'][number]) {
    this.start = bucket.from;
    this.end = bucket.to;
    this.scored = Number(outcomes.SCORED.count);
    this.flagged = Number(outcomes.FLAGGED.count);
    this.held = Number(outcomes.HELD.count);
    this.approved = Number(outcomes.APPROVED.count);
    this.rejected = Number(outcomes.REJECTED.count);
  }
}
