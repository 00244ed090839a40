import { describe, expect, it } from '@jest/globals';
import { convert } from '../../../src/money/rates.js';
import { divideHalfEven, formatRatio, formatShare } from '../../../src/money/ratio.js';

describe('a quotient of whole numbers', () => {
  it.each([
    [5n, 2n, 2n],
    [7n, 2n, 4n],
    [-5n, 2n, -2n],
    [-7n, 2n, -4n],
    [7n, -2n, -4n],
    [1n, 3n, 0n],
    [2n, 3n, 1n],
    [0n, 9n, 0n],
  ])('of %s by %s is rounded half to even: %s', (numerator, denominator, rounded) => {
    expect(divideHalfEven(numerator, denominator)).toBe(rounded);
  });

  it.each([
    [1n, 3n, '0.3333'],
    [2n, 3n, '0.6667'],
    [1n, 1n, '1.0000'],
    [-3n, 2n, '-1.5000'],
    [1n, 20_000n, '0.0000'],
    [3n, 20_000n, '0.0002'],
    [10n ** 18n, 3n, '333333333333333333.3333'],
  ])('of %s by %s is written as %s', (numerator, denominator, text) => {
    expect(formatRatio(numerator, denominator)).toBe(text);
  });
});

describe('an equal part of a converted amount', () => {
  const toSgd = { from: 'MYR', to: 'SGD', fromRate: '1', toRate: '3.50' };

  it('is rounded once, not before and after the division', () => {
    // 10.00 MYR are 2.857… SGD; half of the rounded 2.86 would be 1.43 too, but a seventh of 1.22 MYR tells.
    expect(convert(1_000n, toSgd, 2n)).toBe(143n);
    expect(convert(122n, toSgd, 7n)).toBe(5n);
    expect(convert(5n, { ...toSgd, to: 'MYR', toRate: '1' }, 2n)).toBe(2n);
  });
});

describe('a share', () => {
  it.each([
    [1n, 8n, '0.1250'],
    [-3n, 20_000n, '-0.0002'],
    [-3n, -2n, '1.5000'],
    [0n, 0n, null],
    [1n, 0n, null],
  ])('of %s in %s is %s', (part, whole, text) => {
    expect(formatShare(part, whole)).toBe(text);
  });

  it('is rounded from the exact remainder', () => {
    const large = 10n ** 30n;
    expect(divideHalfEven(5n * large + 5n, 10n)).toBe(5n * 10n ** 29n);
    expect(divideHalfEven(5n * large + 6n, 10n)).toBe(5n * 10n ** 29n + 1n);
    expect(divideHalfEven(-15n, 10n)).toBe(-2n);
  });
});
