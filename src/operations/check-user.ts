import { DomainError, inputError } from '../errors.js';
import { isUserId, type User, type UserStatus } from '../ledger/user.js';
import { formatAmount } from '../money/amount.js';
import type { UserState } from './user-state.js';

export function userNotFound(id: string, path: readonly string[]): DomainError {
  return new DomainError('USER_NOT_FOUND', `There is no user ${JSON.stringify(id.slice(0, 64))}.`, path, {
    id,
  });
}

/** An id that may exist; a malformed one is told as one that does not. */
export function checkUserId(id: string): string {
  if (!isUserId(id)) throw userNotFound(id, ['input', 'userId']);
  return id;
}

export function getUser(state: UserState, id: string): User {
  if (!state.user) throw userNotFound(id, ['input', 'userId']);
  return state.user;
}

/** The refusal of a user in one of these statuses. */
export function statusRefusal(
  { status }: User,
  barred: readonly UserStatus[],
  path: readonly string[],
): DomainError | undefined {
  if (!barred.includes(status)) return undefined;
  const code = status === 'CLOSED' ? 'USER_CLOSED' : 'USER_SUSPENDED';
  return new DomainError(code, `The user is ${status.toLowerCase()}.`, path, { status });
}

/** No wallet holds more minor units than this, so that no sum can leave the range of BIGINT. */
const POSTED_MAX = 10n ** 18n;

/** Refuses a credit that the wallet has no room for. */
export function checkRoom(user: User, walletAmount: bigint, path: readonly string[]): void {
  if (user.posted + walletAmount <= POSTED_MAX) return;
  const most = formatAmount({ minor: POSTED_MAX, currency: user.currency });
  throw inputError('AMOUNT_ABOVE_MAXIMUM', `A wallet holds at most ${most}.`, path);
}
