import type { ReviewDecision, TransactionStatus, TransactionType } from '../ledger/transaction.js';

/** What is added to one day's sum of one measure under one label. */
export interface Contribution {
  readonly measure: Measure;
  readonly day: string;
  readonly label: string;
  readonly count: bigint;
  /** In minor units of the base currency. */
  readonly amount: bigint;
}

/**
 * What is summed for each day, and what its labels are. Purchases and refunds are counted on the day on which they were
 * made; all that concerns fraud on the day on which the scored transaction was made, however much later it is reviewed.
 */
export const measures = {
  /** Completed purchases, by category. */
  purchased: 'spending.purchased',
  /** Completed refunds of purchases that still stand, by category; amounts are positive. */
  refunded: 'spending.refunded',
  /** Scored transactions by what became of them: a member of `fraudOutcomes`. */
  outcome: 'fraud.outcome',
  /** Scored transactions, by score. */
  score: 'fraud.score',
  /** Hits of a rule, by flag and outcome: `HIGH_VALUE|HELD`. */
  flag: 'fraud.flag',
  /** Two flags on one transaction: `HIGH_VALUE|OFF_HOURS`. */
  pair: 'fraud.pair',
  /** Reviews, by the whole seconds that they took from the transaction on. */
  reviewSeconds: 'fraud.review_seconds',
} as const;
export type Measure = (typeof measures)[keyof typeof measures];

export const fraudOutcomes = ['SCORED', 'FLAGGED', 'HELD', 'APPROVED', 'REJECTED', 'REFUNDED'] as const;
export type FraudOutcome = (typeof fraudOutcomes)[number];

/** Transactions of one day that are alike in all that is counted, with their number and sums; one of them, or many. */
export interface Tally {
  readonly day: string;
  readonly type: TransactionType;
  readonly status: TransactionStatus;
  readonly category: string | null;
  readonly score: number;
  readonly flags: readonly string[];
  readonly reviewDecision: ReviewDecision | null;
  readonly reviewSeconds: number | null;
  /** Of refunds: whether the purchase that they return was undone as a whole. */
  readonly purchaseReversed: boolean;
  readonly count: bigint;
  readonly amount: bigint;
  /** What was refunded of them since. */
  readonly refundedAmount: bigint;
}

/** What transactions, as they stand, add to the sums of their day. */
export function contributionsOf(tally: Tally): Contribution[] {
  return tally.type === 'REFUND' ? refundsOf(tally) : [...purchasesOf(tally), ...scoresOf(tally)];
}

/** The same transactions taken out again. */
export function negated(tally: Tally): Tally {
  const { count, amount, refundedAmount } = tally;
  return { ...tally, count: -count, amount: -amount, refundedAmount: -refundedAmount };
}

function contribution(tally: Tally, measure: Measure, label: string): Contribution {
  return { measure, day: tally.day, label, count: tally.count, amount: tally.amount };
}

function purchasesOf(tally: Tally): Contribution[] {
  const spent = tally.type === 'PURCHASE' && tally.status === 'COMPLETED';
  return spent ? [contribution(tally, measures.purchased, tally.category ?? '')] : [];
}

function refundsOf(tally: Tally): Contribution[] {
  if (tally.status !== 'COMPLETED' || tally.purchaseReversed) return [];
  return [{ ...contribution(tally, measures.refunded, tally.category ?? ''), amount: -tally.amount }];
}

function scoresOf(tally: Tally): Contribution[] {
  const { flags, reviewSeconds } = tally;
  const contributions = [contribution(tally, measures.score, String(tally.score))];
  for (const outcome of outcomesOf(tally)) {
    contributions.push(contribution(tally, measures.outcome, outcome));
    if (outcome === 'FLAGGED') continue;
    for (const flag of flags) contributions.push(contribution(tally, measures.flag, `${flag}|${outcome}`));
  }
  for (const [index, flag] of flags.entries()) {
    for (const other of flags.slice(index + 1)) {
      contributions.push(contribution(tally, measures.pair, `${flag}|${other}`));
    }
  }
  if (reviewSeconds !== null) {
    contributions.push(contribution(tally, measures.reviewSeconds, String(reviewSeconds)));
  }
  if (tally.refundedAmount !== 0n) contributions.push(...refundedLater(tally, tally.refundedAmount));
  return contributions;
}

function outcomesOf({ status, flags, reviewDecision }: Tally): FraudOutcome[] {
  const outcomes: FraudOutcome[] = ['SCORED'];
  if (flags.length > 0) outcomes.push('FLAGGED');
  if (status === 'PENDING' || reviewDecision !== null) outcomes.push('HELD');
  if (reviewDecision !== null) outcomes.push(reviewDecision === 'APPROVE' ? 'APPROVED' : 'REJECTED');
  return outcomes;
}

/** What was returned of flagged purchases, on the day of the purchase: an amount only, since they are counted already. */
export function refundedLater({ day, flags }: Pick<Tally, 'day' | 'flags'>, amount: bigint): Contribution[] {
  if (flags.length === 0) return [];
  return [{ measure: measures.outcome, day, label: 'REFUNDED', count: 0n, amount }];
}
