import { z } from 'zod';
import { inputError } from '../errors.js';
import { isUserId, User } from '../ledger/user.js';
import { isTimeZone } from '../local-time.js';
import { unsupportedCurrency } from './check-amount.js';
import { checkText } from './check-text.js';
import type { Command, UserOutcome } from './command.js';
import type { Settings } from './settings.js';

const EMAIL_LENGTH_MAX = 254;
const emailShape = z.email();

export interface CreateUserInput {
  readonly id?: string | null | undefined;
  readonly email: string;
  readonly fullName: string;
  readonly currency: string;
  readonly timeZone: string;
}

/** Asks for a new user with an empty wallet; `generatedId` is the id of one who is given none. */
export function createUser(
  input: CreateUserInput,
  generatedId: string,
  settings: Settings,
  actor?: string,
): Command<UserOutcome> {
  const values = checkInput(input, generatedId, settings);
  return {
    operation: 'createUser',
    userId: values.id,
    needs: { emailKey: values.emailKey },
    decide: (state, { now }) => {
      if (state.user)
        throw inputError('USER_ID_TAKEN', `There is a user ${values.id} already.`, ['input', 'id']);
      if (state.emailKeys.has(values.emailKey)) {
        throw inputError('EMAIL_TAKEN', 'Another user has this e-mail address.', ['input', 'email']);
      }
      const created = Object.assign(new User(), values, {
        status: 'ACTIVE' as const,
        posted: 0n,
        held: 0n,
        version: 0,
        createdAt: now,
        updatedAt: now,
      });
      return {
        change: { event: 'USER_CREATED', createdUser: created, ...(actor && { actor }) },
        outcome: () => ({ user: { ...created } }),
      };
    },
  };
}

function checkInput(input: CreateUserInput, generatedId: string, settings: Settings) {
  const { id = generatedId, email, fullName, currency, timeZone } = input;
  if (id !== null && !isUserId(id)) {
    throw inputError('INVALID_USER_ID', 'id must be 1 to 36 characters of A-Z a-z 0-9 _ -.', ['input', 'id']);
  }
  if (email.length > EMAIL_LENGTH_MAX || !emailShape.safeParse(email).success) {
    const message = `email must be an address of at most ${EMAIL_LENGTH_MAX} characters, such as name@example.com.`;
    throw inputError('INVALID_EMAIL', message, ['input', 'email']);
  }
  checkText(fullName, 255, 'INVALID_FULL_NAME', ['input', 'fullName']);
  if (!settings.rates.perUnit.has(currency))
    throw unsupportedCurrency(currency, settings, ['input', 'currency']);
  if (!isTimeZone(timeZone)) {
    const message = 'timeZone must be an IANA name, such as Asia/Kuala_Lumpur.';
    throw inputError('INVALID_TIME_ZONE', message, ['input', 'timeZone']);
  }
  return { id: id ?? generatedId, email, emailKey: email.toLowerCase(), fullName, currency, timeZone };
}
