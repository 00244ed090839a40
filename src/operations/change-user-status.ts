import { DomainError } from '../errors.js';
import { type UserStatus, userStatusTransitions } from '../ledger/user.js';
import { checkText } from './check-text.js';
import { checkUserId, getUser } from './check-user.js';
import type { Command, UserOutcome } from './command.js';

export interface ChangeUserStatusInput {
  readonly userId: string;
  readonly status: UserStatus;
  readonly reason?: string | null | undefined;
}

/** Asks to suspend, reactivate or close a user. */
export function changeUserStatus(input: ChangeUserStatusInput, actor: string): Command<UserOutcome> {
  const { status: to } = input;
  const userId = checkUserId(input.userId);
  const reason =
    input.reason == null ? undefined : checkText(input.reason, 500, 'INVALID_REASON', ['input', 'reason']);
  return {
    operation: 'changeUserStatus',
    userId,
    needs: {},
    decide: (state) => {
      const user = getUser(state, userId);
      const { status, posted, held } = user;
      if (!userStatusTransitions[status].includes(to)) {
        const message = `The user is ${status} and cannot become ${to}.`;
        throw new DomainError('INVALID_USER_STATUS_TRANSITION', message, ['input', 'status'], { status });
      }
      if (to === 'CLOSED' && (posted !== 0n || held !== 0n)) {
        const message = 'The wallet must be empty, with nothing held, before the user is closed.';
        throw new DomainError('USER_NOT_EMPTY', message, ['input', 'status'], { status });
      }
      return {
        change: { event: 'USER_STATUS_CHANGED', userStatus: to, actor, ...(reason && { reason }) },
        outcome: () => ({ user: { ...user } }),
      };
    },
  };
}
