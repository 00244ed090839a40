import fc from 'fast-check';
import { Transaction, type TransactionRow } from '../../src/ledger/transaction.js';
import type { Calls, Told } from './api.js';
import type { TestApp } from './app.js';
import type { Question } from './reference-fleet.js';

export const CURRENCIES = ['MYR', 'SGD', 'USD'] as const;
const CATEGORIES = ['food', 'travel', 'toys'] as const;

const MONEY = '{ amount currency }';
const ARGUMENTS = '$from: DateTime!, $to: DateTime!, $granularity: Granularity!, $currency: CurrencyCode!';
const GIVEN = 'from: $from, to: $to, granularity: $granularity, currency: $currency';
const OUTCOMES = 'held approved rejected';

export const FRAUD_FIGURES = `scored flagged ${OUTCOMES} precision byLevel { level count share }
  byFlag { flag hits share ${OUTCOMES} precision } scoreHistogram { from to count } flagPairs { flags count }
  heldNow { count amount ${MONEY} oldestAgeSeconds } reviewTime { p50 p95 }
  confirmedFraudPrevented ${MONEY} refundedLater ${MONEY} series { start end scored flagged ${OUTCOMES} }`;

const SERIES = `series { start end amount ${MONEY} count }`;

export const QUESTIONS = `query (${ARGUMENTS}) {
  fraudStatistics(${GIVEN}) { ${FRAUD_FIGURES} }
  fleetSpending(${GIVEN}) { total ${MONEY} count refunded ${MONEY} ${SERIES}
    byCategory(first: 100) { category amount ${MONEY} count refunded ${MONEY} share ${SERIES} } } }`;

/** What the server answers to a question, and nothing else. */
export async function ask(calls: Calls, { from, to, granularity, currency }: Question): Promise<Told> {
  return calls.query(QUESTIONS, { from, to, granularity, currency });
}

export function allRows({ orm }: TestApp): Promise<TransactionRow[]> {
  return orm.em.fork().find(Transaction, {}, { orderBy: { createdAt: 'asc', id: 'asc' } });
}

/** One thing that happens, and how long after the one before. */
export interface Step {
  readonly minutes: number;
  readonly kind: 'purchase' | 'withdraw' | 'topUp' | 'refund' | 'approve' | 'reject' | 'reverse';
  readonly user: number;
  /** Which of the transactions there are; of a payment, its category. */
  readonly pick: number;
  readonly cents: number;
  readonly currency: (typeof CURRENCIES)[number];
}

export const aStep: fc.Arbitrary<Step> = fc.record({
  minutes: fc.oneof(fc.integer({ min: 0, max: 20 }), fc.integer({ min: 60, max: 1_800 })),
  kind: fc.oneof(
    { weight: 6, arbitrary: fc.constant('purchase' as const) },
    { weight: 1, arbitrary: fc.constantFrom('withdraw' as const, 'topUp' as const) },
    { weight: 3, arbitrary: fc.constant('refund' as const) },
    { weight: 4, arbitrary: fc.constantFrom('approve' as const, 'reject' as const) },
    { weight: 2, arbitrary: fc.constant('reverse' as const) },
  ),
  user: fc.nat(2),
  pick: fc.nat(1_000),
  cents: fc.integer({ min: 1, max: 90_000 }),
  currency: fc.constantFrom(...CURRENCIES),
});

/** Users of three currencies in three time zones, with money that a review has let through. */
export async function makeUsers(calls: Calls): Promise<string[]> {
  const zones = ['Asia/Kuala_Lumpur', 'America/New_York', 'Europe/London'];
  const users: string[] = [];
  for (const [index, currency] of CURRENCIES.entries()) {
    const userId = await calls.newUser({ currency, timeZone: zones[index] as string });
    for (let count = 0; count < 3; count += 1) {
      const { transaction } = await calls.topUp(userId, `9000.00 ${currency}`);
      if (transaction.status === 'PENDING') await calls.review(transaction.id, 'APPROVE');
    }
    users.push(userId);
  }
  return users;
}

/** Carries out one step through the API; what the rules refuse is refused, and that is part of the history. */
export async function carryOut(
  test: TestApp,
  calls: Calls,
  users: readonly string[],
  step: Step,
): Promise<void> {
  const { kind, minutes, pick, currency } = step;
  test.clock.advance(minutes * 60_000 + pick);
  const amount = `${(step.cents / 100).toFixed(2)} ${currency}`;
  const userId = users[step.user] as string;
  if (kind === 'purchase') {
    await calls.purchase(userId, amount, { merchantCategory: CATEGORIES[pick % CATEGORIES.length] });
    return;
  }
  if (kind === 'withdraw' || kind === 'topUp') {
    await calls[kind](userId, amount);
    return;
  }
  const rows = await allRows(test);
  const suits = (row: TransactionRow) => {
    if (kind === 'refund') return row.type === 'PURCHASE' && row.status === 'COMPLETED';
    if (kind === 'reverse') return row.status === 'COMPLETED' && (pick % 2 === 0 || row.type === 'REFUND');
    return row.status === 'PENDING';
  };
  const candidates = rows.filter(suits);
  const chosen = candidates[pick % Math.max(1, candidates.length)];
  if (!chosen) return;
  if (kind === 'refund') {
    const part = chosen.amount / BigInt((pick % 3) + 1);
    const text = `${part / 100n}.${String(part % 100n).padStart(2, '0')} ${chosen.currency}`;
    await calls.refund(chosen.id, part > 0n && pick % 4 !== 0 ? text : undefined);
  } else if (kind === 'reverse') await calls.reverse(chosen.id);
  else await calls.review(chosen.id, kind === 'approve' ? 'APPROVE' : 'REJECT');
}
