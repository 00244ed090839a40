import { conversionBetween, convert } from '../money/rates.js';
import { unsupportedCurrency } from '../operations/check-amount.js';
import type { Span } from '../rollups/spans.js';
import type { Context } from './context.js';
import { badUserInput } from './errors.js';
import { type MoneyType, toMoney } from './money.type.js';

const HOUR_MS = 3_600_000;

/** A span of time that may be asked about: it ends after it begins, and is no longer than is allowed. */
export function checkSpan(from: Date, to: Date, { analytics }: Context): Span {
  if (from >= to) throw badUserInput('to must be after from: the answer covers from ≤ t < to.', ['to']);
  const { rangeDaysMax } = analytics;
  // So many local days may be an hour longer where clocks change.
  if (to.getTime() - from.getTime() > (rangeDaysMax * 24 + 1) * HOUR_MS) {
    throw badUserInput(
      `from and to are more than ${rangeDaysMax} days apart: ask for a shorter range, or for several one after the other.`,
      ['to'],
    );
  }
  return { from, to };
}

/** The currency to answer in: the one that is asked for, if it is supported, or the base currency. */
export function checkCurrency(currency: string | null | undefined, { settings }: Context): string {
  if (currency == null) return settings.rates.base;
  if (!settings.rates.perUnit.has(currency)) throw unsupportedCurrency(currency, settings, ['currency']);
  return currency;
}

/** Amounts of the base currency told in another, each rounded once. */
export function inMoneyOf(currency: string, { settings }: Context): (base: bigint) => MoneyType {
  const conversion = conversionBetween(settings.rates, settings.rates.base, currency);
  return (base) => toMoney(convert(base, conversion), currency);
}
