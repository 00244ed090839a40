import { describe, expect, it } from '@jest/globals';
import { divideHalfEven, formatRatio } from '../../../src/money/ratio.js';

describe('a ratio', () => {
  it.each([
    [1n, 8n, '0.1250'],
    [1n, 1n, '1.0000'],
    [0n, 7n, '0.0000'],
    [2n, 3n, '0.6667'],
    // Halves of the last digit go to the even one.
    [1n, 20_000n, '0.0000'],
    [3n, 20_000n, '0.0002'],
    [-3n, 20_000n, '-0.0002'],
    [3n, -2n, '-1.5000'],
    [-3n, -2n, '1.5000'],
  ])('of %s and %s is %s', (part, whole, text) => {
    expect(formatRatio(part, whole)).toBe(text);
  });

  it('of nothing is none', () => {
    expect(formatRatio(0n, 0n)).toBeNull();
  });

  it('is rounded from the exact remainder', () => {
    const large = 10n ** 30n;
    expect(divideHalfEven(5n * large + 5n, 10n)).toBe(5n * 10n ** 29n);
    expect(divideHalfEven(5n * large + 6n, 10n)).toBe(5n * 10n ** 29n + 1n);
    expect(divideHalfEven(-15n, 10n)).toBe(-2n);
  });
});
