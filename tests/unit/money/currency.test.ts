import { describe, expect, it } from '@jest/globals';
import { findExponent, getExponent } from '../../../src/money/currency.js';

describe('a currency', () => {
  it.each([
    ['MYR', 2],
    ['SGD', 2],
    ['USD', 2],
    ['EUR', 2],
    ['JPY', 0],
    ['KRW', 0],
    ['ISK', 0],
    ['KWD', 3],
    ['BHD', 3],
    ['TND', 3],
  ])('%s has %i digits', (code, exponent) => {
    expect(findExponent(code)).toBe(exponent);
    expect(getExponent(code)).toBe(exponent);
  });

  it.each(['', 'ABC', 'myr', 'MYR ', 'XAU', 'XXX', 'XTS', 'BTC', 'toString', '__proto__'])(
    'is not %j',
    (code) => {
      expect(findExponent(code)).toBeUndefined();
      expect(() => getExponent(code)).toThrow(`${code} is not an ISO 4217 currency`);
    },
  );
});
