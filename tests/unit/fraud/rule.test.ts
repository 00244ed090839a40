import { describe, expect, it } from '@jest/globals';
import { countWithin, formatSeconds } from '../../../src/fraud/rule.js';

describe('a span', () => {
  it.each([
    [1, '1 second'],
    [59, '59 seconds'],
    [60, '1 minute'],
    [90, '90 seconds'],
    [600, '10 minutes'],
    [3_600, '1 hour'],
    [7_200, '2 hours'],
    [86_400, '1 day'],
    [2_592_000, '30 days'],
    [0, '0 seconds'],
  ])('of %i seconds is said as %s', (seconds, text) => {
    expect(formatSeconds(seconds)).toBe(text);
  });
});

describe('counting within a window', () => {
  const at = new Date(1_000_000);

  it.each([
    [[400_000], 0],
    [[400_001], 1],
    [[1_000_000, 400_001, 400_000, 399_999], 2],
    [[], 0],
  ])('of ten minutes finds, of %j at 1000000, %i', (newest, count) => {
    expect(countWithin(newest, at, 600)).toBe(count);
  });
});
