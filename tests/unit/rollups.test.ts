import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { bucketsOf } from '../../src/analytics/buckets.js';
import { fraudFigures } from '../../src/analytics/fraud-figures.js';
import { addToDate, localDate, startOfLocalDate, startOfUnit } from '../../src/local-time.js';
import {
  type Contribution,
  contributionsOf,
  measures,
  negated,
  type Tally,
} from '../../src/rollups/contributions.js';
import { createDayOf } from '../../src/rollups/day-calendar.js';
import { divideSpan } from '../../src/rollups/spans.js';
import { Sums } from '../../src/rollups/sums.js';
import { settingsWith } from '../support/ledger.js';

const DAY = '2026-03-10';
const ZONES = ['Asia/Kuala_Lumpur', 'America/New_York', 'America/Havana', 'Asia/Kathmandu', 'Pacific/Apia'];
const anInstant = fc
  .date({ min: new Date('2011-12-20T00:00:00Z'), max: new Date('2027-01-10T00:00:00Z'), noInvalidDate: true })
  .map((date) => new Date(date.getTime()));

function tallyWith(values: Partial<Tally>): Tally {
  return {
    day: DAY,
    type: 'PURCHASE',
    status: 'COMPLETED',
    category: 'food',
    score: 0,
    flags: [],
    reviewDecision: null,
    reviewSeconds: null,
    purchaseReversed: false,
    count: 1n,
    amount: 500n,
    refundedAmount: 0n,
    ...values,
  };
}

/** Contributions as `measure label count amount`. */
const told = (values: Partial<Tally>) =>
  contributionsOf(tallyWith(values)).map(
    ({ measure, label, count, amount }) => `${measure} ${label} ${count} ${amount}`,
  );

describe('what transactions add to the sums of their day', () => {
  it('is spending and a score for a purchase', () => {
    expect(told({})).toEqual([
      'spending.purchased food 1 500',
      'fraud.score 0 1 500',
      'fraud.outcome SCORED 1 500',
    ]);
  });

  it('is no spending for what waits, failed, was reversed or is no purchase', () => {
    const scored = ['fraud.score 0 1 500', 'fraud.outcome SCORED 1 500'];
    expect(told({ status: 'FAILED' })).toEqual(scored);
    expect(told({ status: 'REVERSED' })).toEqual(scored);
    expect(told({ type: 'WITHDRAWAL', category: null })).toEqual(scored);
    expect(told({ type: 'TOP_UP', category: null })).toEqual(scored);
  });

  it('is what was returned for a refund, unless it or its purchase was undone', () => {
    const refund: Partial<Tally> = { type: 'REFUND', amount: -300n };
    expect(told(refund)).toEqual(['spending.refunded food 1 300']);
    expect(told({ ...refund, status: 'REVERSED' })).toEqual([]);
    expect(told({ ...refund, purchaseReversed: true })).toEqual([]);
  });

  it('is every flag, pair and outcome of what was held and rejected', () => {
    expect(
      told({
        status: 'FAILED',
        score: 60,
        flags: ['HIGH_VALUE', 'OFF_HOURS'],
        reviewDecision: 'REJECT',
        reviewSeconds: 90,
      }),
    ).toEqual([
      'fraud.score 60 1 500',
      'fraud.outcome SCORED 1 500',
      'fraud.flag HIGH_VALUE|SCORED 1 500',
      'fraud.flag OFF_HOURS|SCORED 1 500',
      'fraud.outcome FLAGGED 1 500',
      'fraud.outcome HELD 1 500',
      'fraud.flag HIGH_VALUE|HELD 1 500',
      'fraud.flag OFF_HOURS|HELD 1 500',
      'fraud.outcome REJECTED 1 500',
      'fraud.flag HIGH_VALUE|REJECTED 1 500',
      'fraud.flag OFF_HOURS|REJECTED 1 500',
      'fraud.pair HIGH_VALUE|OFF_HOURS 1 500',
      'fraud.review_seconds 90 1 500',
    ]);
  });

  it('is what was refunded later, of flagged ones only and without counting them twice', () => {
    expect(told({ refundedAmount: 200n })).not.toContain('fraud.outcome REFUNDED 0 200');
    expect(told({ refundedAmount: 200n, flags: ['HIGH_VALUE'] })).toContain('fraud.outcome REFUNDED 0 200');
  });

  it('comes to nothing when it is taken out again', () => {
    const tally = tallyWith({ flags: ['HIGH_VALUE'], reviewDecision: 'APPROVE', reviewSeconds: 1 });
    const sums = new Sums();
    sums.add(contributionsOf(tally));
    expect(sums.list()).toHaveLength(10);
    sums.add(contributionsOf(negated(tally)));
    expect(sums.list()).toEqual([]);
  });
});

describe('review times', () => {
  const percentiles = (seconds: readonly number[]) =>
    fraudFigures(
      seconds.map(
        (value): Contribution => ({
          measure: measures.reviewSeconds,
          day: DAY,
          label: String(value),
          count: 1n,
          amount: 0n,
        }),
      ),
      { from: new Date('2026-03-10T00:00:00Z'), to: new Date('2026-03-11T00:00:00Z') },
      'DAY',
      'UTC',
      settingsWith().fraud,
    ).reviewSeconds;

  it.each([
    [[], undefined],
    [[7], { p50: 7, p95: 7 }],
    [[9, 10], { p50: 9, p95: 10 }],
    [[100, 9, 10], { p50: 10, p95: 100 }],
    [Array.from({ length: 20 }, (_, index) => index + 1), { p50: 10, p95: 19 }],
    [Array.from({ length: 21 }, (_, index) => index + 1), { p50: 11, p95: 20 }],
  ])('of %j are %j', (seconds, expected) => {
    expect(percentiles(seconds)).toEqual(expected);
  });
});

describe('local dates', () => {
  it('cut time into days without gap or overlap, whatever clocks do', () => {
    fc.assert(
      fc.property(anInstant, fc.constantFrom(...ZONES), (at, zone) => {
        const date = localDate(at, zone);
        expect(startOfLocalDate(date, zone).getTime()).toBeLessThanOrEqual(at.getTime());
        expect(startOfLocalDate(addToDate(date, 1, 'DAY'), zone).getTime()).toBeGreaterThan(at.getTime());
      }),
      { numRuns: 2_000 },
    );
  });

  it.each([
    ['2026-01-01', 'WEEK', '2025-12-29'],
    ['2026-03-10', 'WEEK', '2026-03-09'],
    ['2026-03-31', 'MONTH', '2026-03-01'],
    ['2026-03-31', 'DAY', '2026-03-31'],
  ] as const)('%s is in the %s of %s', (date, unit, first) => {
    expect(startOfUnit(date, unit)).toBe(first);
  });

  it('are the same for whoever remembers the last one', () => {
    fc.assert(
      fc.property(fc.array(anInstant), fc.constantFrom(...ZONES), (instants, zone) => {
        const dayOf = createDayOf(zone);
        expect(instants.map(dayOf)).toEqual(instants.map((at) => localDate(at, zone)));
      }),
    );
  });
});

describe('a span of time', () => {
  it('is its whole days and what is left over, nothing twice', () => {
    fc.assert(
      fc.property(
        anInstant,
        fc.integer({ min: 1, max: 5 * 86_400_000 }),
        fc.constantFrom(...ZONES),
        (from, length, zone) => {
          const to = new Date(from.getTime() + length);
          const { firstDay, endDay, edges } = divideSpan({ from, to }, zone);
          const whole =
            firstDay < endDay
              ? [{ from: startOfLocalDate(firstDay, zone), to: startOfLocalDate(endDay, zone) }]
              : [];
          const parts = [...whole, ...edges]
            .filter((part) => part.from < part.to)
            .sort((a, b) => a.from.getTime() - b.from.getTime());
          let reached = from.getTime();
          for (const part of parts) {
            expect(part.from.getTime()).toBe(reached);
            reached = part.to.getTime();
          }
          expect(reached).toBe(to.getTime());
          for (const edge of edges) {
            expect(localDate(edge.from, zone)).toBe(edge.day);
            expect(edge.day >= firstDay && edge.day < endDay).toBe(false);
          }
        },
      ),
      { numRuns: 1_000 },
    );
  });

  it('has buckets without a gap, cut off at its ends, of 23 and 25 hours where clocks change', () => {
    const span = { from: new Date('2026-03-07T17:00:00Z'), to: new Date('2026-03-10T04:00:00Z') };
    const hours = bucketsOf(span, 'DAY', 'America/New_York').map(({ date, from, to }) => [
      date,
      (to.getTime() - from.getTime()) / 3_600_000,
    ]);
    expect(hours).toEqual([
      ['2026-03-07', 12],
      ['2026-03-08', 23],
      ['2026-03-09', 24],
    ]);
    const autumn = { from: new Date('2026-11-01T04:00:00Z'), to: new Date('2026-11-02T05:00:00Z') };
    expect(bucketsOf(autumn, 'DAY', 'America/New_York')).toEqual([{ date: '2026-11-01', ...autumn }]);
  });

  it('has ISO weeks across the turn of the year, and months', () => {
    const span = { from: new Date('2025-12-31T00:00:00Z'), to: new Date('2026-01-06T00:00:00Z') };
    expect(bucketsOf(span, 'WEEK', 'UTC').map(({ date }) => date)).toEqual(['2025-12-29', '2026-01-05']);
    expect(bucketsOf(span, 'MONTH', 'UTC')).toEqual([
      { date: '2025-12-01', from: span.from, to: new Date('2026-01-01T00:00:00Z') },
      { date: '2026-01-01', from: new Date('2026-01-01T00:00:00Z'), to: span.to },
    ]);
  });

  it('has no bucket for a date that its time zone skipped', () => {
    const span = { from: new Date('2011-12-29T10:00:00Z'), to: new Date('2011-12-31T10:00:00Z') };
    expect(bucketsOf(span, 'DAY', 'Pacific/Apia').map(({ date }) => date)).toEqual([
      '2011-12-29',
      '2011-12-31',
    ]);
  });
});
