import { createHash } from 'node:crypto';
import stringify from 'safe-stable-stringify';
import { DomainError, inputError } from '../errors.js';
import type { TransactionOutcome } from './command.js';
import { recordedRefusal } from './recorded-refusal.js';
import type { UserState } from './user-state.js';

const KEY_PATTERN = /^[\x21-\x7e]{1,128}$/;

export function isIdempotencyKey(text: string): boolean {
  return KEY_PATTERN.test(text);
}

export function checkIdempotencyKey(key: string): string {
  if (!isIdempotencyKey(key)) {
    throw inputError(
      'INVALID_IDEMPOTENCY_KEY',
      'idempotencyKey must be 1 to 128 visible ASCII characters; make a new one, such as a UUID, for every payment.',
      ['input', 'idempotencyKey'],
    );
  }
  return key;
}

/** SHA-256 of an input in canonical form: the same input gives the same hash, whatever the order of its keys. */
export function hashRequest(operation: string, input: Readonly<Record<string, unknown>>): string {
  return createHash('sha256')
    .update(stringify([operation, input]) as string)
    .digest('hex');
}

/**
 * The first outcome of this key, if it was used by this user before: nothing is decided again. Another input under the
 * same key is refused.
 */
export function findReplay(
  state: UserState,
  key: string,
  requestHash: string,
): TransactionOutcome | undefined {
  const use = state.keys.get(key);
  if (!use) return undefined;
  const { transaction, firstSeenAt } = use;
  if (use.requestHash !== requestHash) {
    throw new DomainError(
      'IDEMPOTENCY_KEY_REUSED',
      `This idempotencyKey was used at ${firstSeenAt.toISOString()} with another input; use a new key for a new payment.`,
      ['input', 'idempotencyKey'],
      { transactionId: transaction.id, firstSeenAt },
    );
  }
  // A rejection in review came later: it is seen on the transaction, but the first outcome was to be held.
  const refusal = transaction.reviewDecision ? undefined : recordedRefusal(transaction);
  return { transaction: { ...transaction }, replayed: true, refusal };
}
