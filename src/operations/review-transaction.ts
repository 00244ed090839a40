import { inputError } from '../errors.js';
import { settlementOf } from '../ledger/posting.js';
import {
  directionOf,
  type ReviewDecision,
  type Revision,
  type TransactionRow,
} from '../ledger/transaction.js';
import { checkText } from './check-text.js';
import { checkTransactionId, checkTransition, getTransaction } from './check-transaction.js';
import { checkRoom, getUser, statusRefusal } from './check-user.js';
import type { Change, Command, Decision, Moment, TransactionOutcome } from './command.js';
import { failureOf } from './recorded-refusal.js';
import type { UserState } from './user-state.js';

export interface ReviewTransactionInput {
  readonly transactionId: string;
  readonly decision: ReviewDecision;
  readonly note: string;
}

interface Asked extends ReviewTransactionInput {
  readonly reviewer: string;
}

/** Asks to decide a held transaction of `userId`: approved it completes, rejected it fails. */
export function reviewTransaction(
  input: ReviewTransactionInput,
  userId: string,
  reviewer: string,
): Command<TransactionOutcome> {
  const transactionId = checkTransactionId(input.transactionId);
  const note = checkText(input.note, 500, 'INVALID_NOTE', ['input', 'note']);
  const asked: Asked = { transactionId, decision: input.decision, note, reviewer };
  return {
    operation: 'reviewTransaction',
    userId,
    needs: { transactionId },
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
  const approved = asked.decision === 'APPROVE';
  checkTransition(transaction, approved ? 'COMPLETED' : 'FAILED');
  const closed = approved ? statusRefusal(user, ['CLOSED'], ['input', 'transactionId']) : undefined;
  if (closed) throw closed;
  if (approved && directionOf(transaction) === 'credit') {
    checkRoom(user, transaction.walletAmount, ['input', 'transactionId']);
  }
  const rejection = inputError('REVIEW_REJECTED', `Rejected in review: ${asked.note}`, []);
  const revision: Revision = {
    status: approved ? 'COMPLETED' : 'FAILED',
    failure: approved ? null : failureOf(rejection),
    reviewDecision: asked.decision,
    reviewNote: asked.note,
    reviewer: asked.reviewer,
    reviewedAt: moment.now,
    updatedAt: moment.now,
  };
  return {
    change: {
      event: 'TRANSACTION_REVIEWED',
      about: transaction,
      revised: [[transaction, revision]],
      actor: asked.reviewer,
      ...effectOf(transaction, approved),
    },
    outcome: () => ({ transaction: { ...transaction }, replayed: false, refusal: undefined }),
  };
}

/** Approval turns a hold into a posting, or credits a top-up; rejection releases the hold. */
function effectOf(
  transaction: TransactionRow,
  approved: boolean,
): Pick<Change, 'postedChange' | 'heldChange' | 'movements'> {
  const debit = directionOf(transaction) === 'debit';
  const { walletAmount } = transaction;
  const released = debit ? { heldChange: -walletAmount } : {};
  if (!approved) return released;
  return {
    ...released,
    postedChange: debit ? -walletAmount : walletAmount,
    movements: settlementOf(transaction),
  };
}
