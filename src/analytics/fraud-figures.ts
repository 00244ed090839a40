import { type FraudLevel, type FraudSettings, fraudLevels, levelOf, SCORE_MAX } from '../fraud/assess.js';
import { type FraudFlag, rules } from '../fraud/rules/index.js';
import { type CalendarUnit, startOfUnit } from '../local-time.js';
import { type Contribution, type FraudOutcome, type Measure, measures } from '../rollups/contributions.js';
import type { Span } from '../rollups/spans.js';
import { type Bucket, bucketsOf } from './buckets.js';

const HISTOGRAM_STEP = 10;

/** How many there were, and what they came to in minor units of the base currency. */
export interface Figure {
  readonly count: bigint;
  readonly amount: bigint;
}

export type Outcomes = Readonly<Record<FraudOutcome, Figure>>;

export interface FraudFigures {
  readonly outcomes: Outcomes;
  readonly levels: ReadonlyArray<{ readonly level: FraudLevel; readonly count: bigint }>;
  /** Every rule's flag, also those that hit nothing; `SCORED` are its hits. */
  readonly flags: ReadonlyArray<{ readonly flag: FraudFlag; readonly outcomes: Outcomes }>;
  /** Scores from `from` to `to`, both included. */
  readonly histogram: ReadonlyArray<{ readonly from: number; readonly to: number; readonly count: bigint }>;
  /** The most frequent first. */
  readonly pairs: ReadonlyArray<{ readonly flags: readonly FraudFlag[]; readonly count: bigint }>;
  /** By nearest rank, in whole seconds; `undefined` when nothing was reviewed. */
  readonly reviewSeconds: { readonly p50: number; readonly p95: number } | undefined;
  readonly series: ReadonlyArray<{ readonly bucket: Bucket; readonly outcomes: Outcomes }>;
}

/** All figures of a span of time, from all that adds to them. */
export function fraudFigures(
  contributions: readonly Contribution[],
  span: Span,
  unit: CalendarUnit,
  timeZone: string,
  settings: FraudSettings,
): FraudFigures {
  const ofMeasure = Map.groupBy(contributions, ({ measure }) => measure);
  const sums = (measure: Measure) => sumBy(ofMeasure.get(measure) ?? [], ({ label }) => label);
  const outcomes = ofMeasure.get(measures.outcome) ?? [];
  const scores = [...sums(measures.score)].map(([label, { count }]) => [Number(label), count] as const);
  const countScores = (accepts: (score: number) => boolean) =>
    scores.reduce((sum, [score, count]) => (accepts(score) ? sum + count : sum), 0n);
  const byBucket = Map.groupBy(outcomes, ({ day }) => startOfUnit(day, unit));
  const flags = sums(measures.flag);
  return {
    outcomes: outcomesOf(sumBy(outcomes, ({ label }) => label)),
    levels: fraudLevels.map((level) => ({
      level,
      count: countScores((score) => levelOf(score, settings) === level),
    })),
    flags: rules.map(({ flag }) => ({ flag, outcomes: outcomesOf(flags, `${flag}|`) })),
    histogram: histogramSteps.map((step) => ({
      ...step,
      count: countScores((score) => score >= step.from && score <= step.to),
    })),
    pairs: pairsOf(sums(measures.pair)),
    reviewSeconds: percentilesOf(sums(measures.reviewSeconds)),
    series: bucketsOf(span, unit, timeZone).map((bucket) => ({
      bucket,
      outcomes: outcomesOf(sumBy(byBucket.get(bucket.date) ?? [], ({ label }) => label)),
    })),
  };
}

/** 0 to 9, 10 to 19 and so on; the last step is 90 to 100. */
const histogramSteps = Array.from({ length: SCORE_MAX / HISTOGRAM_STEP }, (_, index) => ({
  from: index * HISTOGRAM_STEP,
  to: (index + 1) * HISTOGRAM_STEP === SCORE_MAX ? SCORE_MAX : (index + 1) * HISTOGRAM_STEP - 1,
}));

function sumBy(
  contributions: readonly Contribution[],
  keyOf: (contribution: Contribution) => string,
): ReadonlyMap<string, Figure> {
  const sums = new Map<string, { count: bigint; amount: bigint }>();
  for (const contribution of contributions) {
    const key = keyOf(contribution);
    const sum = sums.get(key) ?? { count: 0n, amount: 0n };
    sum.count += contribution.count;
    sum.amount += contribution.amount;
    sums.set(key, sum);
  }
  return sums;
}

const nothing: Figure = { count: 0n, amount: 0n };

function outcomesOf(sums: ReadonlyMap<string, Figure>, prefix = ''): Outcomes {
  const of = (outcome: FraudOutcome) => sums.get(prefix + outcome) ?? nothing;
  return {
    SCORED: of('SCORED'),
    FLAGGED: of('FLAGGED'),
    HELD: of('HELD'),
    APPROVED: of('APPROVED'),
    REJECTED: of('REJECTED'),
    REFUNDED: of('REFUNDED'),
  };
}

function pairsOf(sums: ReadonlyMap<string, Figure>): FraudFigures['pairs'] {
  return [...sums]
    .filter(([, { count }]) => count > 0n)
    .sort(([a, one], [b, other]) => Number(other.count - one.count) || (a < b ? -1 : 1))
    .map(([label, { count }]) => ({ flags: label.split('|') as FraudFlag[], count }));
}

/** The value at the nearest rank: the smallest that at least so large a share of all is not above. */
function percentilesOf(sums: ReadonlyMap<string, Figure>): FraudFigures['reviewSeconds'] {
  const ascending = [...sums]
    .map(([label, { count }]) => ({ seconds: Number(label), count }))
    .sort((a, b) => a.seconds - b.seconds);
  const total = ascending.reduce((sum, { count }) => sum + count, 0n);
  if (total === 0n) return undefined;
  const at = (percent: bigint): number => {
    const rank = (total * percent + 99n) / 100n;
    let passed = 0n;
    for (const { seconds, count } of ascending) {
      passed += count;
      if (passed >= rank) return seconds;
    }
    throw new Error('a rank is beyond the last value');
  };
  return { p50: at(50n), p95: at(95n) };
}
