import { Authorized, Field, Int, ObjectType } from 'type-graphql';
import type { Scope } from '../access/scopes.js';
import { type FraudLevel, type FraudSettings, levelOf } from '../fraud/assess.js';
import type { FraudFlag } from '../fraud/rules/index.js';
import type { FraudHit, TransactionRow } from '../ledger/transaction.js';
import { FraudFlagEnum, FraudLevelEnum } from './enums.js';

@Authorized<Scope>('fraud:read')
@ObjectType('FraudHit', { description: 'One rule that hit, with its evidence.' })
export class FraudHitType {
  @Field(() => FraudFlagEnum, { description: 'Which rule.' })
  readonly flag!: FraudFlag;

  @Field(() => Int, { description: 'What it adds to the score.' })
  readonly points!: number;

  @Field(() => String, { description: 'What it means, for people.' })
  readonly reason!: string;

  @Field(() => String, { description: 'What was observed.' })
  readonly observed!: string;

  @Field(() => String, { description: 'Against which threshold.' })
  readonly threshold!: string;
}

@Authorized<Scope>('fraud:read')
@ObjectType('FraudAssessment', { description: 'How a transaction was scored before it was decided.' })
export class FraudAssessmentType {
  @Field(() => Int, { description: 'The sum of all points, 0 to 100.' })
  readonly score: number;

  @Field(() => FraudLevelEnum, { description: 'What the score means.' })
  readonly level: FraudLevel;

  @Field(() => [FraudHitType], { description: 'The rules that hit.' })
  readonly hits: readonly FraudHit[];

  constructor(score: number, hits: readonly FraudHit[], settings: FraudSettings) {
    this.score = score;
    this.level = levelOf(score, settings);
    this.hits = hits;
  }
}

/** A transaction's assessment; a refund has none. */
export function assessmentOf(row: TransactionRow, settings: FraudSettings): FraudAssessmentType | null {
  return row.fraudHits ? new FraudAssessmentType(row.fraudScore, row.fraudHits, settings) : null;
}
