import { DomainError } from '../errors.js';
import { isId } from '../ids.js';
import {
  type TransactionRow,
  type TransactionStatus,
  transactionStatusTransitions,
} from '../ledger/transaction.js';
import type { UserState } from './user-state.js';

const PATH = ['input', 'transactionId'];

export function transactionNotFound(id: string): DomainError {
  const message = `There is no transaction ${JSON.stringify(id.slice(0, 64))}.`;
  return new DomainError('TRANSACTION_NOT_FOUND', message, PATH, { id });
}

/** An id that may exist; a malformed one is told as one that does not. */
export function checkTransactionId(id: string): string {
  const lower = id.toLowerCase();
  if (!isId(lower)) throw transactionNotFound(id);
  return lower;
}

export function getTransaction(state: UserState, id: string): TransactionRow {
  const transaction = state.transactions.get(id);
  if (!transaction) throw transactionNotFound(id);
  return transaction;
}

/** Refuses what the table of statuses does not have. */
export function checkTransition({ status }: TransactionRow, to: TransactionStatus): void {
  const allowed = transactionStatusTransitions[status];
  if (!allowed.includes(to)) throw transitionRefusal(status, to, allowed);
}

export function transitionRefusal(
  current: TransactionStatus,
  to: string,
  allowed: readonly TransactionStatus[],
) {
  const ways = allowed.length === 0 ? 'nowhere' : `only to ${allowed.join(' or ')}`;
  return new DomainError(
    'INVALID_STATUS_TRANSITION',
    `The transaction is ${current} and can go ${ways}, not to ${to}.`,
    PATH,
    { current, allowed },
  );
}
