import { DomainError, inputError } from '../errors.js';
import { type Amount, formatAmount, isDecimal, parseMinor } from '../money/amount.js';
import { findExponent } from '../money/currency.js';
import { convertAmount } from '../money/rates.js';
import type { Settings } from './settings.js';

/** An amount as a caller writes it: a decimal string in major units, and a currency code. */
export interface AmountInput {
  readonly amount: string;
  readonly currency: string;
}

/** Reads an amount in a currency that may not be supported; only what is not an amount is refused. */
export function checkNumeral({ amount, currency }: AmountInput, path: readonly string[]): bigint {
  const exponent = findExponent(currency);
  const minor = exponent === undefined ? undefined : parseMinor(amount, exponent);
  if (minor !== undefined) return minor;
  if (exponent === undefined && isDecimal(amount)) return 1n;
  const shown = amount.length > 32 ? `${amount.slice(0, 32)}…` : amount;
  const digits = exponent === undefined ? '' : ` with at most ${exponent} digits after the point`;
  throw inputError(
    'INVALID_AMOUNT',
    `${JSON.stringify(shown)} is not an amount of ${currency}: send a plain decimal${digits}.`,
    path,
  );
}

/** The checks of an amount that need nothing but the configuration, in the order of the rules. */
export function checkAmount(input: AmountInput, settings: Settings, path: readonly string[]): Amount {
  const { rates, transactionAmountMax } = settings;
  const { currency } = input;
  const minor = checkNumeral(input, [...path, 'amount']);
  if (!rates.perUnit.has(currency)) throw unsupportedCurrency(currency, settings, [...path, 'currency']);
  if (minor < 1n) {
    const least = formatAmount({ minor: 1n, currency });
    throw inputError('AMOUNT_BELOW_MINIMUM', `The amount must be at least ${least}.`, [...path, 'amount']);
  }
  const base = convertAmount({ minor, currency }, rates, rates.base);
  if (base.minor > transactionAmountMax) {
    const most = formatAmount({ minor: transactionAmountMax, currency: rates.base });
    throw inputError(
      'AMOUNT_ABOVE_MAXIMUM',
      `The amount is the equivalent of ${formatAmount(base)}; at most ${most} can be moved at once.`,
      [...path, 'amount'],
    );
  }
  return { minor, currency };
}

export function unsupportedCurrency(
  currency: string,
  settings: Settings,
  path: readonly string[],
): DomainError {
  const supported = [...settings.rates.perUnit.keys()].join(', ');
  return new DomainError(
    'UNSUPPORTED_CURRENCY',
    `${currency} is not supported; these currencies are: ${supported}.`,
    path,
    {},
  );
}
