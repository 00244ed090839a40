import { describe, expect, it } from '@jest/globals';
import type { ErrorCode } from '../../../src/errors.js';
import {
  type ReviewDecision,
  type TransactionRow,
  transactionStatuses,
} from '../../../src/ledger/transaction.js';
import type { User } from '../../../src/ledger/user.js';
import {
  type ReviewTransactionInput,
  reviewTransaction,
} from '../../../src/operations/review-transaction.js';
import {
  accountSums,
  idOf,
  MIDDAY,
  makeTransaction,
  makeUser,
  partsOf,
  refusalOf,
  Wallet,
} from '../../support/ledger.js';

const ID = idOf(0xabc);
const ask = (decision: ReviewDecision, values: Partial<ReviewTransactionInput> = {}) =>
  reviewTransaction({ transactionId: ID, decision, note: 'Known customer', ...values }, 'alice', 'ann');

/** A wallet of 1,000.00 MYR whose pending purchase of 100.00 MYR is held. */
function waiting(values: Partial<TransactionRow> = {}, user: Partial<User> = {}): Wallet {
  const transaction = makeTransaction({ status: 'PENDING', ...values });
  const held = transaction.type === 'TOP_UP' ? 0n : transaction.walletAmount;
  return new Wallet({
    user: makeUser({ held, ...user }),
    transactions: [transaction],
    activity: { spentToday: transaction.type === 'TOP_UP' ? 0n : transaction.baseAmount },
  });
}

describe('a review', () => {
  it('that approves a purchase turns its hold into a posting', () => {
    const wallet = waiting();
    const { transaction, replayed, refusal } = wallet.run(ask('APPROVE'));
    expect({ replayed, refusal }).toEqual({ replayed: false, refusal: undefined });
    expect(transaction).toEqual(
      makeTransaction({
        status: 'COMPLETED',
        reviewDecision: 'APPROVE',
        reviewNote: 'Known customer',
        reviewer: 'ann',
        reviewedAt: MIDDAY,
      }),
    );
    expect(wallet.user).toMatchObject({ posted: 90_000n, held: 0n, version: 2 });
    expect(accountSums(wallet.appended.postings)).toEqual({
      'wallet:alice MYR': -10_000n,
      'merchants MYR': 10_000n,
    });
    expect(wallet.state.activity).toMatchObject({
      spentToday: 10_000n,
      completed: { debit: { count: 1n, total: 10_000n } },
    });
  });

  it('that rejects a purchase releases its hold and keeps why', () => {
    const wallet = waiting();
    const { transaction } = wallet.run(ask('REJECT', { note: 'Stolen card' }));
    expect(transaction).toMatchObject({
      status: 'FAILED',
      failure: { code: 'REVIEW_REJECTED', message: 'Rejected in review: Stolen card', path: [], details: {} },
      reviewDecision: 'REJECT',
      reviewNote: 'Stolen card',
      reviewer: 'ann',
    });
    expect(wallet.user).toMatchObject({ posted: 100_000n, held: 0n, version: 2 });
    expect(wallet.appended.postings).toEqual([]);
    expect(wallet.state.activity?.spentToday).toBe(0n);
  });

  it('that approves a top-up credits it', () => {
    const wallet = waiting({ type: 'TOP_UP', amount: 1_000n, currency: 'SGD', walletAmount: 3_500n });
    wallet.run(ask('APPROVE'));
    expect(wallet.user).toMatchObject({ posted: 103_500n, held: 0n, version: 2 });
    expect(accountSums(wallet.appended.postings)).toEqual({
      'funding SGD': -1_000n,
      'fx SGD': 1_000n,
      'fx MYR': -3_500n,
      'wallet:alice MYR': 3_500n,
    });
  });

  it('that rejects a top-up changes no balance and no version', () => {
    const wallet = waiting({ type: 'TOP_UP' });
    expect(wallet.run(ask('REJECT')).transaction.status).toBe('FAILED');
    expect(wallet.user).toMatchObject({ posted: 100_000n, held: 0n, version: 1 });
    expect(wallet.appended.drafts).toHaveLength(1);
  });

  it.each<[ReviewDecision, string]>([
    ['APPROVE', 'COMPLETED'],
    ['REJECT', 'FAILED'],
  ])('decides for a suspended user too: %s', (decision, status) => {
    expect(waiting({}, { status: 'SUSPENDED' }).run(ask(decision)).transaction.status).toBe(status);
  });

  it('may reject what is pending of a closed user, and not approve it', () => {
    const closed = () => waiting({ type: 'TOP_UP' }, { status: 'CLOSED', posted: 0n });
    expect(closed().run(ask('REJECT')).transaction.status).toBe('FAILED');
    const wallet = closed();
    const before = wallet.snapshot();
    expect(partsOf(refusalOf(() => wallet.run(ask('APPROVE'))))).toEqual({
      code: 'USER_CLOSED',
      message: 'The user is closed.',
      path: ['input', 'transactionId'],
      details: { status: 'CLOSED' },
    });
    expect(wallet.snapshot()).toBe(before);
  });

  const rows = transactionStatuses
    .filter((status) => status !== 'PENDING')
    .flatMap((status) => (['APPROVE', 'REJECT'] as const).map((decision) => ({ status, decision })));

  it.each(rows)('cannot $decision what is $status', ({ status, decision }) => {
    const wallet = new Wallet({ transactions: [makeTransaction({ status })] });
    const before = wallet.snapshot();
    const refusal = refusalOf(() => wallet.run(ask(decision)));
    expect(refusal.code).toBe('INVALID_STATUS_TRANSITION');
    expect(refusal.inputPath).toEqual(['input', 'transactionId']);
    expect(refusal.details).toEqual({ current: status, allowed: status === 'COMPLETED' ? ['REVERSED'] : [] });
    expect(wallet.snapshot()).toBe(before);
  });

  it('cannot be decided twice', () => {
    const wallet = waiting();
    wallet.run(ask('APPROVE'));
    expect(refusalOf(() => wallet.run(ask('REJECT'))).code).toBe('INVALID_STATUS_TRANSITION');
    expect(wallet.user).toMatchObject({ posted: 90_000n, version: 2 });
  });

  it.each<[Partial<ReviewTransactionInput>, ErrorCode]>([
    [{ note: '' }, 'INVALID_NOTE'],
    [{ note: ' \t ' }, 'INVALID_NOTE'],
    [{ note: 'x'.repeat(501) }, 'INVALID_NOTE'],
    [{ note: 'a\u0000b' }, 'INVALID_NOTE'],
    [{ transactionId: 'x' }, 'TRANSACTION_NOT_FOUND'],
  ])('%j is turned away', (values, code) => {
    expect(refusalOf(() => ask('APPROVE', values)).code).toBe(code);
  });

  it('of an unknown transaction or user is refused', () => {
    expect(refusalOf(() => new Wallet().run(ask('APPROVE'))).code).toBe('TRANSACTION_NOT_FOUND');
    expect(refusalOf(() => new Wallet({ user: undefined }).run(ask('APPROVE'))).code).toBe('USER_NOT_FOUND');
  });
});
