import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { getExponent } from '../../../src/money/currency.js';
import {
  type Conversion,
  conversionBetween,
  convert,
  convertAmount,
  formatRate,
  getRate,
  isRate,
} from '../../../src/money/rates.js';
import { settingsWith } from '../../support/ledger.js';

const { rates } = settingsWith({ EXCHANGE_RATE_JPY_TO_MYR: '0.031', EXCHANGE_RATE_KWD_TO_MYR: '15.3' });

const currencies = fc.constantFrom('MYR', 'SGD', 'JPY', 'KWD');
const positiveRates = fc
  .tuple(fc.bigInt({ min: 0n, max: 10n ** 12n - 1n }), fc.bigInt({ min: 1n, max: 10n ** 12n - 1n }))
  .map(([whole, fraction]) => `${whole}.${fraction.toString().padStart(12, '0')}`);
const conversions: fc.Arbitrary<Conversion> = fc
  .record({ from: currencies, to: currencies, fromRate: positiveRates, toRate: positiveRates })
  .filter(({ from, to }) => from !== to);
const minors = fc.bigInt({ min: -(10n ** 18n), max: 10n ** 18n });

/** A rate as a whole number of 10⁻¹². */
function scaled(rate: string): bigint {
  const [whole = '', fraction = ''] = rate.split('.');
  return BigInt(whole + fraction.padEnd(12, '0'));
}

/** The exact conversion as numerator and denominator, both in whole numbers. */
function fractionOf(minor: bigint, { from, to, fromRate, toRate }: Conversion): [bigint, bigint] {
  const up = 10n ** BigInt(getExponent(to));
  const down = 10n ** BigInt(getExponent(from));
  return [minor * scaled(fromRate) * up, scaled(toRate) * down];
}

describe('converting', () => {
  it.each([
    [100n, 'SGD', 'MYR', 350n],
    [1n, 'SGD', 'MYR', 4n],
    [3n, 'SGD', 'MYR', 10n],
    [5n, 'SGD', 'MYR', 18n],
    [7n, 'SGD', 'MYR', 24n],
    [-1n, 'SGD', 'MYR', -4n],
    [-3n, 'SGD', 'MYR', -10n],
    [100n, 'USD', 'MYR', 470n],
    [1n, 'MYR', 'USD', 0n],
    [2n, 'MYR', 'USD', 0n],
    [3n, 'MYR', 'USD', 1n],
    [350n, 'MYR', 'SGD', 100n],
    [470n, 'USD', 'SGD', 631n],
    [1000n, 'JPY', 'MYR', 3100n],
    [3100n, 'MYR', 'JPY', 1000n],
    [1n, 'KWD', 'MYR', 2n],
    [1n, 'JPY', 'KWD', 2n],
    [10n, 'KWD', 'JPY', 5n],
    [0n, 'USD', 'SGD', 0n],
  ])('%s minor units of %s to %s gives %s', (minor, from, to, expected) => {
    expect(convert(minor, conversionBetween(rates, from, to))).toBe(expected);
  });

  it.each([
    [1n, 0n],
    [3n, 2n],
    [5n, 2n],
    [7n, 4n],
    [9n, 4n],
    [-1n, 0n],
    [-3n, -2n],
    [-5n, -2n],
    [-7n, -4n],
  ])('half of %s, a tie, goes to the even neighbour %s', (minor, expected) => {
    expect(convert(minor, { from: 'SGD', to: 'MYR', fromRate: '0.5', toRate: '1' })).toBe(expected);
    expect(convert(minor, { from: 'SGD', to: 'MYR', fromRate: '1', toRate: '2' })).toBe(expected);
  });

  it('is not misled by a remainder that is far smaller than any rounded quotient shows', () => {
    // Just above and just below one half, and quotients of more digits than a rounded one would keep.
    const conversion = { from: 'SGD', to: 'MYR', fromRate: '0.500000000001', toRate: '1' };
    expect(convert(1n, conversion)).toBe(1n);
    expect(convert(1n, { ...conversion, fromRate: '0.499999999999' })).toBe(0n);
    const third = { ...conversion, fromRate: '1', toRate: '3' };
    expect(convert(10n ** 18n, third)).toBe(333333333333333333n);
    expect(convert(10n ** 18n + 1n, third)).toBe(333333333333333334n);
  });

  it('is within half a minor unit of the exact fraction, and even when exactly half', () => {
    fc.assert(
      fc.property(minors, conversions, (minor, conversion) => {
        const [numerator, denominator] = fractionOf(minor, conversion);
        const converted = convert(minor, conversion);
        const twice = 2n * (converted * denominator - numerator);
        const distance = twice < 0n ? -twice : twice;
        expect(distance <= denominator).toBe(true);
        if (distance === denominator) expect(converted % 2n).toBe(0n);
      }),
      { numRuns: 1_000 },
    );
  });

  it('never gives less for more', () => {
    fc.assert(
      fc.property(minors, fc.bigInt({ min: 0n, max: 1_000n }), conversions, (minor, more, conversion) => {
        expect(convert(minor + more, conversion) >= convert(minor, conversion)).toBe(true);
      }),
    );
  });

  it('mirrors negative amounts exactly', () => {
    fc.assert(
      fc.property(minors, conversions, (minor, conversion) => {
        expect(convert(-minor, conversion)).toBe(-convert(minor, conversion));
      }),
    );
  });

  it('leaves an amount as it is when both currencies are the same, whatever the rates say', () => {
    fc.assert(
      fc.property(minors, positiveRates, positiveRates, (minor, fromRate, toRate) => {
        expect(convert(minor, { from: 'MYR', to: 'MYR', fromRate, toRate })).toBe(minor);
      }),
    );
  });

  it('takes the rates that are configured', () => {
    expect(convertAmount({ minor: 100n, currency: 'SGD' }, rates, 'MYR')).toEqual({
      minor: 350n,
      currency: 'MYR',
    });
    expect(getRate(rates, 'SGD')).toBe('3.50');
    expect(() => getRate(rates, 'EUR')).toThrow('no rate for EUR');
  });
});

describe('a rate', () => {
  it.each(['1', '3.50', '0.031', '000.5', '999999999999.999999999999', '0.000000000001'])(
    'may be %j',
    (text) => {
      expect(isRate(text)).toBe(true);
    },
  );

  it.each([
    '',
    '0',
    '0.000',
    '-1',
    '+1',
    '1e3',
    '.5',
    '5.',
    ' 1',
    '1,5',
    'NaN',
    '1000000000000',
    '0.0000000000001',
  ])('may not be %j', (text) => {
    expect(isRate(text)).toBe(false);
  });

  it.each([
    ['SGD', 'MYR', '3.5'],
    ['MYR', 'MYR', '1'],
    ['SGD', 'SGD', '1'],
    ['MYR', 'SGD', '0.285714285714'],
    ['USD', 'SGD', '1.342857142857'],
    ['MYR', 'JPY', '32.258064516129'],
  ])('of %s to %s is shown as %s', (from, to, shown) => {
    expect(formatRate(conversionBetween(rates, from, to))).toBe(shown);
  });
});
