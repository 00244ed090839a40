import { DomainError, inputError } from '../errors.js';
import { assess, isHeld } from '../fraud/assess.js';
import { settlementOf } from '../ledger/posting.js';
import {
  directionOf,
  directions,
  type TransactionRow,
  type TransactionStatus,
  type TransactionType,
} from '../ledger/transaction.js';
import { availableOf, type User } from '../ledger/user.js';
import { type Amount, formatAmount } from '../money/amount.js';
import { conversionBetween, convert } from '../money/rates.js';
import { type AmountInput, checkAmount, unsupportedCurrency } from './check-amount.js';
import { checkMerchant, checkMetadata, type MerchantInput } from './check-details.js';
import { checkRoom, checkUserId, getUser, statusRefusal } from './check-user.js';
import type { Change, Command, Decision, Likeness, Moment, TransactionOutcome } from './command.js';
import { checkIdempotencyKey, findReplay, hashRequest } from './idempotency.js';
import { blankTransaction } from './new-transaction.js';
import { failureOf } from './recorded-refusal.js';
import type { Settings } from './settings.js';
import type { UserState } from './user-state.js';

export interface CreateTransactionInput extends MerchantInput {
  readonly userId: string;
  readonly type: TransactionType;
  readonly amount: AmountInput;
  readonly metadata?: unknown;
  readonly idempotencyKey: string;
}

interface Asked extends Likeness {
  readonly merchantCategory: string | null;
  readonly metadata: Record<string, unknown> | null;
  readonly idempotencyKey: string;
  readonly requestHash: string;
}

/** Asks for a purchase, a withdrawal or a top-up. */
export function createTransaction(
  input: CreateTransactionInput,
  settings: Settings,
): Command<TransactionOutcome> {
  const amount = checkAmount(input.amount, settings, ['input', 'amount']);
  if (input.type === 'REFUND') {
    throw inputError('INVALID_TRANSACTION_TYPE', 'A refund is made by the mutation refund.', [
      'input',
      'type',
    ]);
  }
  const likeness = {
    type: input.type,
    amount: amount.minor,
    currency: amount.currency,
    ...checkMerchant(input, input.type === 'PURCHASE'),
  };
  const metadata = checkMetadata(input.metadata);
  const idempotencyKey = checkIdempotencyKey(input.idempotencyKey);
  const requestHash = hashRequest('createTransaction', {
    ...likeness,
    amount: amount.minor.toString(),
    metadata,
  });
  const asked: Asked = { ...likeness, metadata, idempotencyKey, requestHash };
  const userId = checkUserId(input.userId);
  return {
    operation: 'createTransaction',
    userId,
    needs: { idempotencyKey, likeness },
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
  const replay = findReplay(state, asked.idempotencyKey, asked.requestHash);
  if (replay) return { outcome: () => replay };

  const scored = score(asked, user, state, moment);
  const refusal = refusalOf(scored, user, state, moment);
  const status = statusOf(scored, refusal, moment);
  const created = { ...scored, status, failure: refusal ? failureOf(refusal) : null };
  return {
    change: { event: 'TRANSACTION_CREATED', created, about: created, ...effectOf(created) },
    outcome: () => ({ transaction: { ...created }, replayed: false, refusal }),
  };
}

/** The transaction as asked, converted and scored, its status still open. */
function score(asked: Asked, user: User, state: UserState, { now, newId, settings }: Moment): TransactionRow {
  const { rates } = settings;
  if (!rates.perUnit.has(user.currency))
    throw unsupportedCurrency(user.currency, settings, ['input', 'userId']);
  const toWallet = conversionBetween(rates, asked.currency, user.currency);
  const walletAmount = convert(asked.amount, toWallet);
  checkWalletAmount(walletAmount, asked, user);
  const baseAmount = convert(asked.amount, conversionBetween(rates, asked.currency, rates.base));
  const subject = {
    type: asked.type,
    direction: directions[asked.type],
    baseAmount,
    baseCurrency: rates.base,
    at: now,
    timeZone: user.timeZone,
  };
  const { score, hits } = assess(subject, state.history(asked), settings.fraud);
  return {
    ...blankTransaction(newId(), now),
    ...asked,
    userId: user.id,
    walletAmount,
    walletCurrency: user.currency,
    baseAmount,
    rate: toWallet.fromRate,
    walletRate: toWallet.toRate,
    fraudScore: score,
    fraudFlags: hits.map((hit) => hit.flag),
    fraudHits: hits,
  };
}

function checkWalletAmount(walletAmount: bigint, asked: Asked, user: User): void {
  const path = ['input', 'amount', 'amount'];
  if (walletAmount < 1n) {
    const amount = formatAmount({ minor: asked.amount, currency: asked.currency });
    const message = `${amount} is worth less than one minor unit of the wallet's ${user.currency}.`;
    throw inputError('AMOUNT_BELOW_MINIMUM', message, path);
  }
  if (directions[asked.type] === 'credit') checkRoom(user, walletAmount, path);
}

/** Why it is recorded as failed, if it is: the user's status, then the day's limit, then the balance. */
function refusalOf(
  scored: TransactionRow,
  user: User,
  state: UserState,
  moment: Moment,
): DomainError | undefined {
  const { settings } = moment;
  const inactive = statusRefusal(user, ['SUSPENDED', 'CLOSED'], ['input', 'userId']);
  if (inactive || directionOf(scored) === 'credit') return inactive;

  const inBase = (minor: bigint): Amount => ({ minor, currency: settings.rates.base });
  const limit = settings.dailySpendingMax;
  const { spentToday } = state.getActivity();
  if (spentToday + scored.baseAmount > limit) {
    const remaining = spentToday < limit ? limit - spentToday : 0n;
    return new DomainError(
      'DAILY_LIMIT_EXCEEDED',
      `The daily limit is ${formatAmount(inBase(limit))}; ${formatAmount(inBase(remaining))} of it is left until midnight in ${user.timeZone}.`,
      ['input', 'amount'],
      { limit: inBase(limit), used: inBase(spentToday), remaining: inBase(remaining) },
    );
  }
  const inWallet = (minor: bigint): Amount => ({ minor, currency: user.currency });
  const available = inWallet(availableOf(user));
  const required = inWallet(scored.walletAmount);
  if (required.minor <= available.minor) return undefined;
  return new DomainError(
    'INSUFFICIENT_BALANCE',
    `${formatAmount(required)} is needed and ${formatAmount(available)} is available.`,
    ['input', 'amount'],
    { available, required },
  );
}

function statusOf(
  scored: TransactionRow,
  refusal: DomainError | undefined,
  moment: Moment,
): TransactionStatus {
  if (refusal) return 'FAILED';
  return isHeld(scored.fraudScore, moment.settings.fraud) ? 'PENDING' : 'COMPLETED';
}

/** What a new transaction does to its wallet: a completed one posts, a pending debit is held. */
function effectOf(created: TransactionRow): Pick<Change, 'postedChange' | 'heldChange' | 'movements'> {
  const debit = directionOf(created) === 'debit';
  if (created.status === 'COMPLETED') {
    return {
      postedChange: debit ? -created.walletAmount : created.walletAmount,
      movements: settlementOf(created),
    };
  }
  return debit && created.status === 'PENDING' ? { heldChange: created.walletAmount } : {};
}
