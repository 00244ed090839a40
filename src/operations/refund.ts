import { DomainError, inputError } from '../errors.js';
import { settlementOf } from '../ledger/posting.js';
import { refundableOf, refundShareOf } from '../ledger/refundable.js';
import type { TransactionRow } from '../ledger/transaction.js';
import { formatAmount } from '../money/amount.js';
import { type AmountInput, checkNumeral } from './check-amount.js';
import { checkText } from './check-text.js';
import { checkTransactionId, getTransaction } from './check-transaction.js';
import { getUser, statusRefusal } from './check-user.js';
import type { Command, Decision, Moment, TransactionOutcome } from './command.js';
import { checkIdempotencyKey, findReplay, hashRequest } from './idempotency.js';
import { blankTransaction } from './new-transaction.js';
import type { UserState } from './user-state.js';

export interface RefundInput {
  readonly transactionId: string;
  /** All that is left, when omitted. */
  readonly amount?: AmountInput | null | undefined;
  readonly reason?: string | null | undefined;
  readonly idempotencyKey: string;
}

interface Asked {
  readonly transactionId: string;
  readonly amount: { readonly minor: bigint; readonly currency: string } | null;
  readonly reason: string | null;
  readonly idempotencyKey: string;
  readonly requestHash: string;
}

const AMOUNT_PATH = ['input', 'amount', 'amount'];

/** Asks to return a purchase's money, or a part of it, to the wallet of `userId`, whose purchase it is. */
export function refund(input: RefundInput, userId: string): Command<TransactionOutcome> {
  const amount = input.amount ? checkRefundAmount(input.amount) : null;
  const transactionId = checkTransactionId(input.transactionId);
  const reason =
    input.reason == null ? null : checkText(input.reason, 500, 'INVALID_REASON', ['input', 'reason']);
  const idempotencyKey = checkIdempotencyKey(input.idempotencyKey);
  const requestHash = hashRequest('refund', {
    transactionId,
    reason,
    amount: amount && { minor: amount.minor.toString(), currency: amount.currency },
  });
  const asked: Asked = { transactionId, amount, reason, idempotencyKey, requestHash };
  return {
    operation: 'refund',
    userId,
    needs: { idempotencyKey, transactionId },
    decide: (state, moment) => decide(asked, userId, state, moment),
  };
}

function checkRefundAmount(input: AmountInput) {
  const minor = checkNumeral(input, AMOUNT_PATH);
  if (minor < 1n) {
    const least = formatAmount({ minor: 1n, currency: input.currency });
    throw inputError('AMOUNT_BELOW_MINIMUM', `The amount must be at least ${least}.`, AMOUNT_PATH);
  }
  return { minor, currency: input.currency };
}

function decide(
  asked: Asked,
  userId: string,
  state: UserState,
  moment: Moment,
): Decision<TransactionOutcome> {
  const user = getUser(state, userId);
  const original = getTransaction(state, asked.transactionId);
  const replay = findReplay(state, asked.idempotencyKey, asked.requestHash);
  if (replay) return { outcome: () => replay };
  const closed = statusRefusal(user, ['CLOSED'], ['input', 'transactionId']);
  if (closed) throw closed;

  const amount = refundAmount(asked, original);
  const share = refundShareOf(original, amount, moment.settings.rates.base);
  const created: TransactionRow = {
    ...blankTransaction(moment.newId(), moment.now),
    userId,
    type: 'REFUND',
    status: 'COMPLETED',
    amount: -amount,
    currency: original.currency,
    walletAmount: -share.walletAmount,
    walletCurrency: original.walletCurrency,
    baseAmount: -share.baseAmount,
    rate: original.rate,
    walletRate: original.walletRate,
    merchantName: original.merchantName,
    merchantCategory: original.merchantCategory,
    originalId: original.id,
    reason: asked.reason,
    idempotencyKey: asked.idempotencyKey,
    requestHash: asked.requestHash,
  };
  const refunded = {
    refundedAmount: original.refundedAmount + amount,
    refundedWalletAmount: original.refundedWalletAmount + share.walletAmount,
    refundedBaseAmount: original.refundedBaseAmount + share.baseAmount,
    updatedAt: moment.now,
  };
  return {
    change: {
      event: 'TRANSACTION_CREATED',
      created,
      about: created,
      revised: [[original, refunded]],
      postedChange: share.walletAmount,
      movements: settlementOf(created),
    },
    outcome: () => ({ transaction: { ...created }, replayed: false, refusal: undefined }),
  };
}

/** How much is to be refunded, in the original's currency; refuses what cannot be, or more than is left. */
function refundAmount(asked: Asked, original: TransactionRow): bigint {
  const { currency } = original;
  const refundable = { minor: refundableOf(original), currency };
  if (original.type !== 'PURCHASE' || original.status !== 'COMPLETED') {
    throw new DomainError(
      'TRANSACTION_NOT_REFUNDABLE',
      `Only a completed purchase can be refunded; this is a ${original.type} and ${original.status}.`,
      ['input', 'transactionId'],
      { refundable },
    );
  }
  if (asked.amount && asked.amount.currency !== currency) {
    const message = `The purchase was in ${currency}: refund an amount of ${currency}, not of ${asked.amount.currency}.`;
    throw inputError('INVALID_AMOUNT', message, ['input', 'amount', 'currency']);
  }
  const amount = asked.amount?.minor ?? refundable.minor;
  if (amount > refundable.minor || amount === 0n) {
    throw new DomainError(
      'REFUND_EXCEEDS_REMAINING',
      `${formatAmount(refundable)} of the purchase is left to refund.`,
      asked.amount ? AMOUNT_PATH : ['input', 'transactionId'],
      { refundable },
    );
  }
  return amount;
}
