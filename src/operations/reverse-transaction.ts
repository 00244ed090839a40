import { DomainError } from '../errors.js';
import { reversalOf, sidesOf } from '../ledger/posting.js';
import { directionOf, type Revision, type TransactionRow } from '../ledger/transaction.js';
import { availableOf, type User } from '../ledger/user.js';
import { formatAmount } from '../money/amount.js';
import { checkText } from './check-text.js';
import {
  checkTransactionId,
  checkTransition,
  getTransaction,
  transitionRefusal,
} from './check-transaction.js';
import { getUser, statusRefusal } from './check-user.js';
import type { Change, Command, Decision, Moment, TransactionOutcome } from './command.js';
import { checkIdempotencyKey, findReplay, hashRequest } from './idempotency.js';
import type { UserState } from './user-state.js';

export interface ReverseTransactionInput {
  readonly transactionId: string;
  readonly reason: string;
  readonly idempotencyKey: string;
}

interface Asked extends ReverseTransactionInput {
  readonly requestHash: string;
  readonly actor: string;
}

/** Asks to undo a completed transaction of `userId` by opposite postings, for what was not refunded. */
export function reverseTransaction(
  input: ReverseTransactionInput,
  userId: string,
  actor: string,
): Command<TransactionOutcome> {
  const transactionId = checkTransactionId(input.transactionId);
  const reason = checkText(input.reason, 500, 'INVALID_REASON', ['input', 'reason']);
  const idempotencyKey = checkIdempotencyKey(input.idempotencyKey);
  const requestHash = hashRequest('reverseTransaction', { transactionId, reason });
  const asked: Asked = { transactionId, reason, idempotencyKey, requestHash, actor };
  return {
    operation: 'reverseTransaction',
    userId,
    needs: { idempotencyKey, transactionId },
    decide: (state, moment) => decide(asked, userId, state, moment),
  };
}

function decide(
  asked: Asked,
  userId: string,
  state: UserState,
  moment: Moment,
): Decision<TransactionOutcome> {
  const user = getUser(state, userId);
  const transaction = getTransaction(state, asked.transactionId);
  const replay = findReplay(state, asked.idempotencyKey, asked.requestHash);
  if (replay) return { outcome: () => replay };
  checkTransition(transaction, 'REVERSED');
  const closed = statusRefusal(user, ['CLOSED'], ['input', 'transactionId']);
  if (closed) throw closed;

  const reversed: Revision = {
    status: 'REVERSED',
    reversalReason: asked.reason,
    reversalKey: asked.idempotencyKey,
    reversalHash: asked.requestHash,
    reversedBy: asked.actor,
    reversedAt: moment.now,
    updatedAt: moment.now,
  };
  return {
    change: {
      event: 'TRANSACTION_REVERSED',
      about: transaction,
      revised: [[transaction, reversed], ...originalRevision(transaction, state, moment)],
      actor: asked.actor,
      ...effectOf(transaction, user),
    },
    outcome: () => ({ transaction: { ...transaction }, replayed: false, refusal: undefined }),
  };
}

/** Reversing a refund gives its purchase back what it had refunded, unless the purchase itself is reversed. */
function originalRevision(
  refund: TransactionRow,
  state: UserState,
  moment: Moment,
): NonNullable<Change['revised']> {
  if (!refund.originalId) return [];
  const original = getTransaction(state, refund.originalId);
  if (original.status !== 'COMPLETED') {
    throw transitionRefusal(refund.status, 'REVERSED while its purchase is reversed', []);
  }
  const revision = {
    refundedAmount: original.refundedAmount + refund.amount,
    refundedWalletAmount: original.refundedWalletAmount + refund.walletAmount,
    refundedBaseAmount: original.refundedBaseAmount + refund.baseAmount,
    updatedAt: moment.now,
  };
  return [[original, revision]];
}

function effectOf(transaction: TransactionRow, user: User): Pick<Change, 'postedChange' | 'movements'> {
  const whole = sidesOf(transaction);
  const sides = {
    amount: whole.amount - transaction.refundedAmount,
    walletAmount: whole.walletAmount - transaction.refundedWalletAmount,
  };
  const movements = reversalOf(transaction, sides);
  if (directionOf(transaction) === 'debit') return { postedChange: sides.walletAmount, movements };
  const available = { minor: availableOf(user), currency: user.currency };
  const required = { minor: sides.walletAmount, currency: user.currency };
  if (required.minor > available.minor) {
    throw new DomainError(
      'INSUFFICIENT_BALANCE',
      `Undoing it takes ${formatAmount(required)} and ${formatAmount(available)} is available.`,
      ['input', 'transactionId'],
      { available, required },
    );
  }
  return { postedChange: -sides.walletAmount, movements };
}
