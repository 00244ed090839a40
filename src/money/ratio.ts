import { formatMinor } from './amount.js';

const RATIO_DIGITS = 4;

/** The quotient of two whole numbers, rounded half-even from the exact remainder. */
export function divideHalfEven(numerator: bigint, denominator: bigint): bigint {
  const negative = numerator < 0n !== denominator < 0n;
  const n = numerator < 0n ? -numerator : numerator;
  const d = denominator < 0n ? -denominator : denominator;
  const quotient = n / d;
  const twice = (n % d) * 2n;
  const up = twice > d || (twice === d && quotient % 2n === 1n);
  const magnitude = up ? quotient + 1n : quotient;
  return negative ? -magnitude : magnitude;
}

/** A share or a rate as a decimal of four digits, rounded half-even: `0.1250`. `null` of nothing. */
export function formatRatio(numerator: bigint, denominator: bigint): string | null {
  if (denominator === 0n) return null;
  return formatMinor(divideHalfEven(numerator * 10n ** BigInt(RATIO_DIGITS), denominator), RATIO_DIGITS);
}
