import { formatMinor, parseMinor } from '../money/amount.js';
import { getExponent } from '../money/currency.js';
import { badUserInput } from './errors.js';

/** Reads an amount of the base currency; `name` is what the caller calls it. */
export function readAmount(text: string, base: string, name: string, path: readonly string[]): bigint {
  const exponent = getExponent(base);
  const minor = parseMinor(text, exponent);
  const most = 10n ** 18n;
  if (minor !== undefined && minor < most && minor > -most) return minor;
  throw badUserInput(`${name} must be an amount of ${base} such as ${formatMinor(1234n, exponent)}.`, path);
}
