import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { formatAmount, formatMinor, isDecimal, parseMinor } from '../../../src/money/amount.js';

const exponents = fc.constantFrom(0, 2, 3);
const minors = fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n });

describe('reading an amount', () => {
  it.each([
    ['45.50', 2, 4550n],
    ['45.5', 2, 4550n],
    ['45', 2, 4500n],
    ['0', 2, 0n],
    ['0.00', 2, 0n],
    ['0.01', 2, 1n],
    ['-0', 2, 0n],
    ['-0.01', 2, -1n],
    ['-12.3', 2, -1230n],
    ['007.10', 2, 710n],
    ['1200', 0, 1200n],
    ['1.234', 3, 1234n],
    ['1.2', 3, 1200n],
    ['12345678901234567', 0, 12345678901234567n],
    ['90071992547409.93', 2, 9007199254740993n],
    ['9'.repeat(64), 0, 10n ** 64n - 1n],
  ])('reads %j with %i digits as %s minor units', (text, exponent, minor) => {
    expect(parseMinor(text, exponent)).toBe(minor);
  });

  it.each([
    '',
    ' ',
    '1e3',
    '1E3',
    ' 5 ',
    ' 5',
    '5 ',
    '5\n',
    '٣',
    '５',
    '+5',
    '.5',
    '5.',
    '.',
    '-',
    '--5',
    '- 5',
    '-.5',
    '0x10',
    '0b1',
    'NaN',
    'Infinity',
    '1,000',
    '1_000',
    '1.2.3',
    '5n',
    '$5',
    '5 MYR',
    'null',
    '9'.repeat(65),
    `0.${'0'.repeat(63)}`,
  ])('refuses %j', (text) => {
    expect(parseMinor(text, 2)).toBeUndefined();
    expect(parseMinor(text, 100)).toBeUndefined();
    expect(isDecimal(text)).toBe(false);
  });

  it.each([
    ['0.001', 2],
    ['0.000', 2],
    ['45.500', 2],
    ['0.1', 0],
    ['1.0', 0],
    ['1.2345', 3],
  ])('refuses %j, which has more than %i digits after the point', (text, exponent) => {
    expect(parseMinor(text, exponent)).toBeUndefined();
    expect(isDecimal(text)).toBe(true);
  });
});

describe('writing an amount', () => {
  it.each([
    [0n, 2, '0.00'],
    [1n, 2, '0.01'],
    [-1n, 2, '-0.01'],
    [99n, 2, '0.99'],
    [100n, 2, '1.00'],
    [4550n, 2, '45.50'],
    [0n, 0, '0'],
    [-1200n, 0, '-1200'],
    [1n, 3, '0.001'],
    [-12345n, 3, '-12.345'],
    [9007199254740993n, 2, '90071992547409.93'],
  ])('writes %s with %i digits as %j', (minor, exponent, text) => {
    expect(formatMinor(minor, exponent)).toBe(text);
  });

  it('names the currency in messages', () => {
    expect(formatAmount({ minor: 4550n, currency: 'MYR' })).toBe('45.50 MYR');
    expect(formatAmount({ minor: 4550n, currency: 'JPY' })).toBe('4550 JPY');
    expect(formatAmount({ minor: 4550n, currency: 'KWD' })).toBe('4.550 KWD');
  });

  it('is read back as the same amount, whatever the amount', () => {
    fc.assert(
      fc.property(minors, exponents, (minor, exponent) => {
        expect(parseMinor(formatMinor(minor, exponent), exponent)).toBe(minor);
      }),
    );
  });

  it('has exactly the digits of the minor unit, whatever the amount', () => {
    fc.assert(
      fc.property(minors, exponents, (minor, exponent) => {
        const [, fraction = ''] = formatMinor(minor, exponent).split('.');
        expect(fraction).toHaveLength(exponent);
      }),
    );
  });
});
