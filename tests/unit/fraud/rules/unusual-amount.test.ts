import { describe, expect, it } from '@jest/globals';
import { unusualAmount } from '../../../../src/fraud/rules/unusual-amount.js';
import type { Direction } from '../../../../src/ledger/transaction.js';
import { makeHistory, makeSubject } from '../../../support/ledger.js';

const settings = { factorHundredths: 300n, windowDays: 30, points: 20 };
const nothing = { count: 0n, total: 0n };

function check(baseAmount: bigint, count: bigint, total: bigint, direction: Direction = 'debit') {
  const completed = { debit: nothing, credit: nothing, [direction]: { count, total } };
  return unusualAmount.check(makeSubject({ baseAmount, direction }), makeHistory({ completed }), settings);
}

describe('UNUSUAL_AMOUNT', () => {
  it('never flags without a history', () => {
    expect(check(5_000_000n, 0n, 0n)).toBeUndefined();
  });

  it.each([
    [29_999n, 1n, 10_000n, false],
    [30_000n, 1n, 10_000n, false],
    [30_001n, 1n, 10_000n, true],
    [10n, 3n, 10n, false],
    [11n, 3n, 10n, true],
    [29n, 7n, 70n, false],
    [31n, 7n, 70n, true],
  ])('of %s after %s transactions of %s in all is flagged: %s', (amount, count, total, flagged) => {
    expect(check(amount, count, total) !== undefined).toBe(flagged);
    expect(check(amount, count, total, 'credit') !== undefined).toBe(flagged);
  });

  it('compares debits with debits and top-ups with top-ups', () => {
    const completed = { debit: { count: 1n, total: 100n }, credit: { count: 1n, total: 1_000_000n } };
    const history = makeHistory({ completed });
    const debit = makeSubject({ baseAmount: 301n });
    const credit = makeSubject({ type: 'TOP_UP', direction: 'credit', baseAmount: 301n });
    expect(unusualAmount.check(debit, history, settings)).toBeDefined();
    expect(unusualAmount.check(credit, history, settings)).toBeUndefined();
  });

  it('tells the average, the factor and the window', () => {
    expect(check(50_000n, 4n, 50_003n)).toEqual({
      reason: 'More than 3 times the average debit of the last 30 days.',
      observed: '500.00 MYR',
      threshold: 'more than 3 × 125.00 MYR, the average of 4 in 30 days',
    });
  });

  it.each([
    [150n, '1.5'],
    [1_000n, '10'],
    [125n, '1.25'],
    [50n, '0.5'],
  ])('writes a factor of %s hundredths as %s', (factorHundredths, text) => {
    const history = makeHistory({ completed: { debit: { count: 1n, total: 1n }, credit: nothing } });
    const evidence = unusualAmount.check(makeSubject(), history, { ...settings, factorHundredths });
    expect(evidence?.reason).toBe(`More than ${text} times the average debit of the last 30 days.`);
  });

  it('sees thirty days back', () => {
    expect(unusualAmount.reach(settings)).toEqual({ historySeconds: 2_592_000 });
  });
});
