import { BigNumber } from 'bignumber.js';
import type { Amount } from './amount.js';
import { getExponent } from './currency.js';
import { divideHalfEven } from './ratio.js';

/** Digits after the point of a rate that does not terminate, as it is shown; conversions never use the shown form. */
const RATE_DIGITS = 12;

const Exact = BigNumber.clone({
  EXPONENTIAL_AT: 1e9,
  DECIMAL_PLACES: 60,
  ROUNDING_MODE: BigNumber.ROUND_HALF_EVEN,
});

/** Base units per unit of each supported currency, as exact decimal strings; the base currency's own rate is `1`. */
export interface Rates {
  readonly base: string;
  readonly perUnit: ReadonlyMap<string, string>;
}

export function isRate(text: string): boolean {
  return /^[0-9]{1,12}(\.[0-9]{1,12})?$/.test(text) && new Exact(text).isGreaterThan(0);
}

export function getRate(rates: Rates, currency: string): string {
  const rate = rates.perUnit.get(currency);
  if (rate === undefined) throw new Error(`no rate for ${currency}`);
  return rate;
}

/** A pair of rates against one base: what it takes to convert between two currencies, then and later. */
export interface Conversion {
  readonly from: string;
  readonly to: string;
  readonly fromRate: string;
  readonly toRate: string;
}

export function conversionBetween(rates: Rates, from: string, to: string): Conversion {
  return { from, to, fromRate: getRate(rates, from), toRate: getRate(rates, to) };
}

/**
 * `to = amount × fromRate ÷ toRate`, computed as one exact fraction and rounded half-even to the target's minor unit
 * once, at the end.
 */
export function convert(minor: bigint, conversion: Conversion): bigint {
  if (conversion.from === conversion.to) return minor;
  const shift = getExponent(conversion.to) - getExponent(conversion.from);
  const numerator = new Exact(minor.toString()).times(conversion.fromRate).shiftedBy(shift);
  return divideDecimals(numerator, new Exact(conversion.toRate));
}

/** The quotient of two decimals as an integer, rounded half-even from the exact remainder, never from a rounded quotient. */
function divideDecimals(numerator: BigNumber, denominator: BigNumber): bigint {
  const places = Math.max(numerator.decimalPlaces() ?? 0, denominator.decimalPlaces() ?? 0);
  const whole = (value: BigNumber) => BigInt(value.shiftedBy(places).toString());
  return divideHalfEven(whole(numerator), whole(denominator));
}

export function convertAmount(amount: Amount, rates: Rates, to: string): Amount {
  return { minor: convert(amount.minor, conversionBetween(rates, amount.currency, to)), currency: to };
}

/** Units of `to` per unit of `from`, as a decimal string without trailing zeros; `1` when they are the same. */
export function formatRate({ from, to, fromRate, toRate }: Conversion): string {
  if (from === to) return '1';
  return new Exact(fromRate).dividedBy(toRate).decimalPlaces(RATE_DIGITS).toString();
}
