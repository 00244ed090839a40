import { describe, expect, it } from '@jest/globals';
import type { ErrorCode } from '../../../src/errors.js';
import { type TransactionRow, transactionStatuses } from '../../../src/ledger/transaction.js';
import type { User } from '../../../src/ledger/user.js';
import { refund } from '../../../src/operations/refund.js';
import {
  type ReverseTransactionInput,
  reverseTransaction,
} from '../../../src/operations/reverse-transaction.js';
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
const ask = (values: Partial<ReverseTransactionInput> = {}) =>
  reverseTransaction(
    { transactionId: ID, reason: 'Charged twice', idempotencyKey: 'reverse-1', ...values },
    'alice',
    'root',
  );
const walletWith = (values: Partial<TransactionRow> = {}, user: Partial<User> = {}) =>
  new Wallet({ user: makeUser(user), transactions: [makeTransaction(values)] });

describe('a reversal', () => {
  it('of a purchase returns its money and keeps who, when, what and why', () => {
    const wallet = walletWith();
    const { transaction, replayed, refusal } = wallet.run(ask());
    expect({ replayed, refusal }).toEqual({ replayed: false, refusal: undefined });
    expect(transaction).toEqual(
      makeTransaction({
        status: 'REVERSED',
        reversalReason: 'Charged twice',
        reversalKey: 'reverse-1',
        reversalHash: transaction.reversalHash,
        reversedBy: 'root',
        reversedAt: MIDDAY,
      }),
    );
    expect(transaction.reversalHash).toMatch(/^[0-9a-f]{64}$/);
    expect(wallet.user).toMatchObject({ posted: 110_000n, held: 0n, version: 2 });
    expect(accountSums(wallet.appended.postings)).toEqual({
      'merchants MYR': -10_000n,
      'wallet:alice MYR': 10_000n,
    });
  });

  it('of a withdrawal in another currency passes back through fx', () => {
    const wallet = walletWith({ type: 'WITHDRAWAL', amount: 1_000n, currency: 'SGD', walletAmount: 3_500n });
    wallet.run(ask());
    expect(wallet.user.posted).toBe(103_500n);
    expect(accountSums(wallet.appended.postings)).toEqual({
      'payouts SGD': -1_000n,
      'fx SGD': 1_000n,
      'fx MYR': -3_500n,
      'wallet:alice MYR': 3_500n,
    });
  });

  it('of a purchase that is refunded in part returns the rest', () => {
    const wallet = walletWith({
      amount: 99n,
      currency: 'SGD',
      walletAmount: 346n,
      baseAmount: 346n,
      rate: '3.50',
    });
    const part = { amount: '0.01', currency: 'SGD' };
    wallet.run(refund({ transactionId: ID, amount: part, idempotencyKey: 'a' }, 'alice'));
    wallet.run(ask());
    expect(wallet.user.posted).toBe(100_346n);
    expect(wallet.postingSum).toBe(346n);
    expect(accountSums(wallet.appended.postings)).toEqual({
      'merchants SGD': -99n,
      'fx SGD': 99n,
      'fx MYR': -346n,
      'wallet:alice MYR': 346n,
    });
  });

  it('of a purchase that is refunded in full moves nothing', () => {
    const wallet = walletWith();
    wallet.run(refund({ transactionId: ID, idempotencyKey: 'a' }, 'alice'));
    expect(wallet.run(ask()).transaction.status).toBe('REVERSED');
    expect(wallet.user).toMatchObject({ posted: 110_000n, version: 2 });
    expect(wallet.appended.postings).toHaveLength(1);
    expect(wallet.appended.drafts).toHaveLength(2);
  });

  it.each([
    [10_000n, 0n],
    [15_000n, 5_000n],
  ])('of a top-up takes its money back, down to the last: %s posted, %s held', (posted, held) => {
    const wallet = walletWith({ type: 'TOP_UP' }, { posted, held });
    wallet.run(ask());
    expect(wallet.user).toMatchObject({ posted: held, held, version: 2 });
    expect(accountSums(wallet.appended.postings)).toEqual({
      'wallet:alice MYR': -10_000n,
      'funding MYR': 10_000n,
    });
  });

  it.each([
    [9_999n, 0n],
    [15_000n, 5_001n],
  ])('of a top-up whose money is spent is refused: %s posted, %s held', (posted, held) => {
    const wallet = walletWith({ type: 'TOP_UP' }, { posted, held });
    const before = wallet.snapshot();
    expect(partsOf(refusalOf(() => wallet.run(ask())))).toEqual({
      code: 'INSUFFICIENT_BALANCE',
      message: 'Undoing it takes 100.00 MYR and 99.99 MYR is available.',
      path: ['input', 'transactionId'],
      details: {
        available: { minor: 9_999n, currency: 'MYR' },
        required: { minor: 10_000n, currency: 'MYR' },
      },
    });
    expect(wallet.snapshot()).toBe(before);
  });

  it('takes what it undoes out of the limit and the average of the day', () => {
    const wallet = new Wallet({
      transactions: [makeTransaction()],
      activity: {
        spentToday: 10_000n,
        completed: { debit: { count: 1n, total: 10_000n }, credit: { count: 0n, total: 0n } },
      },
    });
    wallet.run(ask());
    expect(wallet.state.activity).toMatchObject({
      spentToday: 0n,
      completed: { debit: { count: 0n, total: 0n } },
    });
  });

  it('leaves the limit of today alone when it undoes what was made yesterday', () => {
    const wallet = new Wallet({
      transactions: [makeTransaction({ createdAt: new Date('2026-03-09T15:59:59.999Z') })],
      activity: {
        spentToday: 7n,
        completed: { debit: { count: 1n, total: 10_000n }, credit: { count: 0n, total: 0n } },
      },
    });
    wallet.run(ask());
    expect(wallet.state.activity).toMatchObject({
      spentToday: 7n,
      completed: { debit: { count: 0n, total: 0n } },
    });
  });

  it.each([
    ['2026-02-08T04:00:00.000Z', 1n],
    ['2026-02-08T04:00:00.001Z', 0n],
  ])('of what was made at %s leaves %s in the average of thirty days', (createdAt, count) => {
    const completed = { debit: { count: 1n, total: 10_000n }, credit: { count: 0n, total: 0n } };
    const transactions = [makeTransaction({ createdAt: new Date(createdAt) })];
    const wallet = new Wallet({ transactions, activity: { completed } });
    wallet.run(ask());
    expect(wallet.state.activity?.completed.debit).toEqual({ count, total: count * 10_000n });
  });

  it('is allowed for a suspended user', () => {
    expect(walletWith({}, { status: 'SUSPENDED' }).run(ask()).transaction.status).toBe('REVERSED');
  });
});

describe('a reversal of a refund', () => {
  function refunded(user: Partial<User> = {}): { wallet: Wallet; refundId: string } {
    const wallet = walletWith({}, user);
    const amount = { amount: '40.00', currency: 'MYR' };
    const { transaction } = wallet.run(refund({ transactionId: ID, amount, idempotencyKey: 'a' }, 'alice'));
    return { wallet, refundId: transaction.id };
  }

  it('restores the purchase, which can be refunded again', () => {
    const { wallet, refundId } = refunded();
    expect(wallet.run(ask({ transactionId: refundId })).transaction).toMatchObject({
      type: 'REFUND',
      status: 'REVERSED',
    });
    expect(wallet.user).toMatchObject({ posted: 100_000n, version: 3 });
    expect(wallet.postingSum).toBe(0n);
    expect(wallet.state.transactions.get(ID)).toMatchObject({
      status: 'COMPLETED',
      refundedAmount: 0n,
      refundedWalletAmount: 0n,
      refundedBaseAmount: 0n,
    });
    wallet.run(refund({ transactionId: ID, idempotencyKey: 'b' }, 'alice'));
    expect(wallet.user.posted).toBe(110_000n);
  });

  it('is refused when its money is spent', () => {
    const { wallet, refundId } = refunded({ posted: 0n });
    wallet.user.posted = 3_999n;
    const before = wallet.snapshot();
    expect(partsOf(refusalOf(() => wallet.run(ask({ transactionId: refundId }))))).toMatchObject({
      code: 'INSUFFICIENT_BALANCE',
      details: {
        available: { minor: 3_999n, currency: 'MYR' },
        required: { minor: 4_000n, currency: 'MYR' },
      },
    });
    expect(wallet.snapshot()).toBe(before);
  });

  it('is refused when its purchase is reversed', () => {
    const { wallet, refundId } = refunded();
    wallet.run(ask());
    const before = wallet.snapshot();
    expect(
      partsOf(refusalOf(() => wallet.run(ask({ transactionId: refundId, idempotencyKey: 'b' })))),
    ).toEqual({
      code: 'INVALID_STATUS_TRANSITION',
      message:
        'The transaction is COMPLETED and can go nowhere, not to REVERSED while its purchase is reversed.',
      path: ['input', 'transactionId'],
      details: { current: 'COMPLETED', allowed: [] },
    });
    expect(wallet.snapshot()).toBe(before);
  });
});

describe('a refused reversal', () => {
  it.each(transactionStatuses.filter((status) => status !== 'COMPLETED'))(
    'of what is %s changes nothing',
    (status) => {
      const wallet = walletWith({ status });
      const before = wallet.snapshot();
      const refusal = refusalOf(() => wallet.run(ask()));
      expect(refusal.code).toBe('INVALID_STATUS_TRANSITION');
      expect(refusal.details).toEqual({
        current: status,
        allowed: status === 'PENDING' ? ['COMPLETED', 'FAILED'] : [],
      });
      expect(wallet.snapshot()).toBe(before);
    },
  );

  it('of a closed user changes nothing', () => {
    const wallet = walletWith({}, { status: 'CLOSED', posted: 0n });
    const before = wallet.snapshot();
    expect(refusalOf(() => wallet.run(ask())).code).toBe('USER_CLOSED');
    expect(wallet.snapshot()).toBe(before);
  });

  it.each<[Partial<ReverseTransactionInput>, ErrorCode]>([
    [{ reason: '' }, 'INVALID_REASON'],
    [{ reason: 'x'.repeat(501) }, 'INVALID_REASON'],
    [{ idempotencyKey: 'with space' }, 'INVALID_IDEMPOTENCY_KEY'],
    [{ transactionId: '' }, 'TRANSACTION_NOT_FOUND'],
  ])('%j is turned away before anything is looked up', (values, code) => {
    expect(refusalOf(() => ask(values)).code).toBe(code);
  });

  it('of an unknown transaction says so', () => {
    expect(refusalOf(() => new Wallet().run(ask())).code).toBe('TRANSACTION_NOT_FOUND');
  });
});

describe('the same reversal under the same key', () => {
  it('is replayed and returns nothing more', () => {
    const wallet = walletWith();
    const made = wallet.run(ask()).transaction;
    const before = wallet.snapshot();
    expect(wallet.run(ask())).toEqual({ transaction: made, replayed: true, refusal: undefined });
    expect(wallet.snapshot()).toBe(before);
  });

  it('is replayed to a user who was closed since', () => {
    const wallet = walletWith();
    wallet.run(ask());
    wallet.user.status = 'CLOSED';
    expect(wallet.run(ask()).replayed).toBe(true);
  });

  it('is refused with another reason, with the instant of the reversal', () => {
    const wallet = walletWith({ createdAt: new Date('2026-03-01T00:00:00.000Z') });
    wallet.run(ask());
    const refusal = refusalOf(() => wallet.run(ask({ reason: 'Another' })));
    expect(refusal.code).toBe('IDEMPOTENCY_KEY_REUSED');
    expect(refusal.details).toEqual({ transactionId: ID, firstSeenAt: MIDDAY });
  });

  it('is refused when the key is that of the payment', () => {
    const wallet = walletWith();
    expect(refusalOf(() => wallet.run(ask({ idempotencyKey: 'first' }))).code).toBe('IDEMPOTENCY_KEY_REUSED');
  });

  it('is refused under a new key, for it is reversed already', () => {
    const wallet = walletWith();
    wallet.run(ask());
    expect(refusalOf(() => wallet.run(ask({ idempotencyKey: 'b' }))).code).toBe('INVALID_STATUS_TRANSITION');
  });
});
