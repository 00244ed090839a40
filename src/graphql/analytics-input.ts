import { findPeriodProblem, type Period } from '../analytics/period.js';
import type { User } from '../ledger/user.js';
import { unsupportedCurrency } from '../operations/check-amount.js';
import { userNotFound } from '../operations/check-user.js';
import type { Context } from './context.js';
import { badUserInput } from './errors.js';
import { type Show, showIn } from './spending.type.js';

/** A period that may be asked about: it ends after it begins, and is no longer than is allowed. */
export function checkPeriod(from: Date, to: Date, { analytics }: Context): Period {
  const problem = findPeriodProblem({ from, to }, analytics);
  if (problem) throw badUserInput(problem, [from < to ? 'to' : 'from']);
  return { from, to };
}

export async function getUser({ loaders }: Context, userId: string): Promise<User> {
  const user = await loaders.user.load(userId);
  if (!user) throw userNotFound(userId, ['userId']);
  return user;
}

/** How amounts are told: in the currency that was asked for, if it is supported, or else in another. */
export function showFor({ settings }: Context, asked: string | null | undefined, otherwise: string): Show {
  const currency = asked ?? otherwise;
  if (!settings.rates.perUnit.has(currency)) throw unsupportedCurrency(currency, settings, ['currency']);
  return showIn(currency, settings.rates);
}
