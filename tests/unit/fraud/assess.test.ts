import { describe, expect, it } from '@jest/globals';
import { assess, type FraudLevel, isHeld, levelOf, reachOf } from '../../../src/fraud/assess.js';
import { MIDDAY, makeHistory, makeSubject, settingsWith } from '../../support/ledger.js';

const { fraud } = settingsWith();
const MIDNIGHT = new Date('2026-03-10T16:00:00.000Z');

/** Six earlier ones within ten minutes, eleven within an hour, a small average and one just like it. */
const busy = (at: Date) =>
  makeHistory({
    newest: Array.from({ length: 11 }, (_, index) => at.getTime() - index * 1_000),
    completed: { debit: { count: 1n, total: 1n }, credit: { count: 0n, total: 0n } },
    sameAt: at.getTime() - 1_000,
  });

const flagsOf = (hits: ReadonlyArray<{ flag: string; points: number }>) =>
  hits.map(({ flag, points }) => [flag, points]);

describe('assessing', () => {
  it('finds nothing in a quiet purchase', () => {
    expect(assess(makeSubject(), makeHistory(), fraud)).toEqual({ score: 0, hits: [] });
  });

  it('tells every hit in the order of the list and adds their points up to 100', () => {
    const { score, hits } = assess(
      makeSubject({ at: MIDNIGHT, baseAmount: 1_000_001n }),
      busy(MIDNIGHT),
      fraud,
    );
    expect(score).toBe(100);
    expect(flagsOf(hits)).toEqual([
      ['HIGH_VELOCITY', 20],
      ['SUSPICIOUS_VELOCITY', 20],
      ['UNUSUAL_AMOUNT', 20],
      ['HIGH_VALUE', 20],
      ['OFF_HOURS', 20],
      ['POSSIBLE_DUPLICATE', 0],
    ]);
    for (const hit of hits)
      expect(Object.keys(hit)).toEqual(['flag', 'points', 'reason', 'observed', 'threshold']);
  });

  it('never scores above 100, whatever the points', () => {
    const settings = settingsWith({ FRAUD_OFF_HOURS_POINTS: '90', FRAUD_HIGH_VALUE_POINTS: '11' }).fraud;
    const subject = makeSubject({ at: MIDNIGHT, baseAmount: 1_000_001n });
    expect(assess(subject, makeHistory(), settings).score).toBe(100);
    const exact = settingsWith({ FRAUD_OFF_HOURS_POINTS: '89', FRAUD_HIGH_VALUE_POINTS: '11' }).fraud;
    expect(assess(subject, makeHistory(), exact).score).toBe(100);
    const under = settingsWith({ FRAUD_OFF_HOURS_POINTS: '88', FRAUD_HIGH_VALUE_POINTS: '11' }).fraud;
    expect(assess(subject, makeHistory(), under).score).toBe(99);
  });

  it('flags a duplicate without a point by default, and with the points that are set', () => {
    const history = makeHistory({ sameAt: MIDDAY.getTime() });
    expect(assess(makeSubject(), history, fraud)).toMatchObject({
      score: 0,
      hits: [{ flag: 'POSSIBLE_DUPLICATE' }],
    });
    const settings = settingsWith({ FRAUD_DUPLICATE_POINTS: '7' }).fraud;
    expect(assess(makeSubject(), history, settings).score).toBe(7);
  });

  it.each([
    ['FRAUD_VELOCITY_THRESHOLD', '11', ['HIGH_VELOCITY']],
    ['FRAUD_VELOCITY_WINDOW_SECONDS', '5', ['HIGH_VELOCITY']],
    ['FRAUD_SUSPICIOUS_VELOCITY_THRESHOLD', '11', ['SUSPICIOUS_VELOCITY']],
    ['FRAUD_SUSPICIOUS_VELOCITY_WINDOW_SECONDS', '10', ['SUSPICIOUS_VELOCITY']],
    ['FRAUD_UNUSUAL_AMOUNT_FACTOR', '1000001', ['UNUSUAL_AMOUNT']],
    ['FRAUD_HIGH_VALUE_THRESHOLD', '10000.01', ['HIGH_VALUE']],
    ['FRAUD_OFF_HOURS_START', '1', ['OFF_HOURS']],
    ['FRAUD_OFF_HOURS_END', '23', []],
    ['FRAUD_DUPLICATE_WINDOW_SECONDS', '1', ['POSSIBLE_DUPLICATE']],
  ])('with %s=%s loses the flags %j', (variable, value, lost) => {
    const settings = settingsWith({
      [variable]: value,
      ...(variable === 'FRAUD_OFF_HOURS_END' && { FRAUD_OFF_HOURS_START: '0' }),
    }).fraud;
    const subject = makeSubject({ at: MIDNIGHT, baseAmount: 1_000_001n });
    const all = assess(subject, busy(MIDNIGHT), fraud).hits.map(({ flag }) => flag);
    const found = assess(subject, busy(MIDNIGHT), settings).hits.map(({ flag }) => flag);
    expect(all.filter((flag) => !found.includes(flag))).toEqual(lost);
  });

  it('reads no further back than the furthest rule', () => {
    expect(reachOf(fraud)).toEqual({ newest: 11, historySeconds: 2_592_000, sameSeconds: 300 });
    const wide = settingsWith({
      FRAUD_VELOCITY_THRESHOLD: '20',
      FRAUD_UNUSUAL_AMOUNT_WINDOW_DAYS: '1',
    }).fraud;
    expect(reachOf(wide)).toEqual({ newest: 21, historySeconds: 86_400, sameSeconds: 300 });
  });
});

describe('a score', () => {
  it.each<[number, FraudLevel, boolean]>([
    [0, 'LOW', false],
    [39, 'LOW', false],
    [40, 'MONITOR', false],
    [59, 'MONITOR', false],
    [60, 'REVIEW', true],
    [79, 'REVIEW', true],
    [80, 'HIGH', true],
    [100, 'HIGH', true],
  ])('of %i is %s and held: %s', (score, level, held) => {
    expect(levelOf(score, fraud)).toBe(level);
    expect(isHeld(score, fraud)).toBe(held);
  });

  it('has the levels that are set, and 101 switches holding off', () => {
    const settings = settingsWith({
      FRAUD_SCORE_MONITOR_THRESHOLD: '1',
      FRAUD_SCORE_REVIEW_THRESHOLD: '101',
      FRAUD_SCORE_HIGH_THRESHOLD: '101',
    }).fraud;
    expect([0, 1, 100].map((score) => levelOf(score, settings))).toEqual(['LOW', 'MONITOR', 'MONITOR']);
    expect(isHeld(100, settings)).toBe(false);
  });
});
