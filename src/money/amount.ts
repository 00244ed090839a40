import { getExponent } from './currency.js';

/** An exact amount: a whole number of the currency's minor units. */
export interface Amount {
  readonly minor: bigint;
  readonly currency: string;
}

/** A plain decimal numeral: no exponent, space, plus sign, separator or digit of another script. */
const DECIMAL_PATTERN = /^(-?)([0-9]+)(?:\.([0-9]+))?$/;
const DECIMAL_LENGTH_MAX = 64;

export function isDecimal(text: string): boolean {
  return text.length <= DECIMAL_LENGTH_MAX && DECIMAL_PATTERN.test(text);
}

/**
 * Reads a plain decimal numeral in major units as whole minor units of `10^-exponent`. `undefined` when it is no such
 * numeral or has more fraction digits than the exponent allows: nothing is ever rounded on the way in.
 */
export function parseMinor(text: string, exponent: number): bigint | undefined {
  const match = isDecimal(text) ? DECIMAL_PATTERN.exec(text) : null;
  if (!match) return undefined;
  const [, sign, whole = '', fraction = ''] = match;
  if (fraction.length > exponent) return undefined;
  const minor = BigInt(whole + fraction.padEnd(exponent, '0'));
  return sign ? -minor : minor;
}

/** Writes minor units as an exact decimal string in major units, with all digits of the minor unit: `4550n` → `45.50`. */
export function formatMinor(minor: bigint, exponent: number): string {
  const sign = minor < 0n ? '-' : '';
  const digits = (minor < 0n ? -minor : minor).toString().padStart(exponent + 1, '0');
  if (exponent === 0) return sign + digits;
  return `${sign}${digits.slice(0, -exponent)}.${digits.slice(-exponent)}`;
}

/** An amount as people read it in messages: `45.50 MYR`. */
export function formatAmount({ minor, currency }: Amount): string {
  return `${formatMinor(minor, getExponent(currency))} ${currency}`;
}
