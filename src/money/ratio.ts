import { formatMinor } from './amount.js';

/** Digits after the point of a share or a change. */
const RATIO_DIGITS = 4;

/** The quotient as a whole number, rounded half-even from the exact remainder. */
export function divideHalfEven(numerator: bigint, denominator: bigint): bigint {
  if (denominator < 0n) return divideHalfEven(-numerator, -denominator);
  const sign = numerator < 0n ? -1n : 1n;
  const magnitude = numerator * sign;
  const quotient = magnitude / denominator;
  const twice = (magnitude % denominator) * 2n;
  const up = twice > denominator || (twice === denominator && quotient % 2n === 1n);
  return sign * (up ? quotient + 1n : quotient);
}

/** The quotient as a decimal string of four digits after the point, rounded half-even: `1/3` → `0.3333`. */
export function formatRatio(numerator: bigint, denominator: bigint): string {
  return formatMinor(divideHalfEven(numerator * 10n ** BigInt(RATIO_DIGITS), denominator), RATIO_DIGITS);
}

/** A share or a rate; null of nothing. */
export function formatShare(part: bigint, whole: bigint): string | null {
  return whole === 0n ? null : formatRatio(part, whole);
}
