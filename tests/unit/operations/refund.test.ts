import { describe, expect, it } from '@jest/globals';
import type { ErrorCode } from '../../../src/errors.js';
import {
  type TransactionRow,
  transactionStatuses,
  transactionTypes,
} from '../../../src/ledger/transaction.js';
import { type RefundInput, refund } from '../../../src/operations/refund.js';
import { reverseTransaction } from '../../../src/operations/reverse-transaction.js';
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

const ORIGINAL = idOf(0xabc);

function ask(values: Partial<Omit<RefundInput, 'amount'>> & { amount?: string; currency?: string } = {}) {
  const { amount, currency = 'MYR', ...others } = values;
  const input = { transactionId: ORIGINAL, idempotencyKey: 'refund-1', ...others };
  return refund({ ...input, amount: amount === undefined ? null : { amount, currency } }, 'alice');
}

function walletWith(
  original: Partial<TransactionRow> = {},
  user: Parameters<typeof makeUser>[0] = {},
): Wallet {
  return new Wallet({ user: makeUser(user), transactions: [makeTransaction(original)] });
}

function originalIn(wallet: Wallet): TransactionRow {
  const original = wallet.state.transactions.get(ORIGINAL);
  if (!original) throw new Error('the original is gone');
  return original;
}

describe('a refund', () => {
  it('returns all that is left when no amount is given', () => {
    const wallet = walletWith({
      refundedAmount: 2_500n,
      refundedWalletAmount: 2_500n,
      refundedBaseAmount: 2_500n,
    });
    const { transaction, replayed, refusal } = wallet.run(ask());
    expect({ replayed, refusal }).toEqual({ replayed: false, refusal: undefined });
    expect(transaction).toEqual(
      makeTransaction({
        id: idOf(1),
        type: 'REFUND',
        amount: -7_500n,
        walletAmount: -7_500n,
        baseAmount: -7_500n,
        fraudHits: null,
        originalId: ORIGINAL,
        idempotencyKey: 'refund-1',
        requestHash: transaction.requestHash,
      }),
    );
    expect(wallet.user).toMatchObject({ posted: 107_500n, held: 0n, version: 2 });
    expect(originalIn(wallet)).toMatchObject({
      status: 'COMPLETED',
      refundedAmount: 10_000n,
      refundedWalletAmount: 10_000n,
      refundedBaseAmount: 10_000n,
    });
    expect(accountSums(wallet.appended.postings)).toEqual({
      'merchants MYR': -7_500n,
      'wallet:alice MYR': 7_500n,
    });
  });

  it('returns a part in the currency of the purchase, at its rate, through fx', () => {
    const wallet = walletWith({
      amount: 1_000n,
      currency: 'SGD',
      walletAmount: 3_000n,
      baseAmount: 3_000n,
      rate: '3',
    });
    const { transaction } = wallet.run(ask({ amount: '2.50', currency: 'SGD', reason: 'Broken cup' }));
    expect(transaction).toMatchObject({
      amount: -250n,
      currency: 'SGD',
      walletAmount: -750n,
      baseAmount: -750n,
      rate: '3',
      reason: 'Broken cup',
    });
    expect(accountSums(wallet.appended.postings)).toEqual({
      'merchants SGD': -250n,
      'fx SGD': 250n,
      'fx MYR': -750n,
      'wallet:alice MYR': 750n,
    });
  });

  it('is made 99 times of 0.01 SGD and returns, all in all, what was paid', () => {
    const wallet = walletWith({
      amount: 99n,
      currency: 'SGD',
      walletAmount: 346n,
      baseAmount: 346n,
      rate: '3.50',
    });
    for (let count = 1; count <= 99; count += 1) {
      wallet.run(ask({ amount: '0.01', currency: 'SGD', idempotencyKey: `refund-${count}` }));
      expect(wallet.postingSum <= 346n).toBe(true);
    }
    expect(wallet.user.posted).toBe(100_346n);
    expect(wallet.postingSum).toBe(346n);
    const refusal = refusalOf(() =>
      wallet.run(ask({ amount: '0.01', currency: 'SGD', idempotencyKey: 'more' })),
    );
    expect(refusal.code).toBe('REFUND_EXCEEDS_REMAINING');
  });

  it('that is worth less than a minor unit of the wallet changes no balance and no version', () => {
    const wallet = walletWith({
      amount: 100n,
      currency: 'JPY',
      walletAmount: 3n,
      baseAmount: 3n,
      rate: '0.00031',
    });
    const { transaction } = wallet.run(ask({ amount: '10', currency: 'JPY' }));
    expect(transaction).toMatchObject({ amount: -10n, walletAmount: 0n, baseAmount: 0n });
    expect(wallet.user).toMatchObject({ posted: 100_000n, version: 1 });
    expect(wallet.appended.drafts).toHaveLength(1);
  });

  it('is allowed to a suspended user', () => {
    const wallet = walletWith({}, { status: 'SUSPENDED' });
    expect(wallet.run(ask()).transaction.status).toBe('COMPLETED');
  });

  it('is neither scored nor counted', () => {
    const wallet = walletWith();
    const before = JSON.stringify(wallet.state.activity?.newest);
    expect(wallet.run(ask()).transaction).toMatchObject({ fraudScore: 0, fraudFlags: [], fraudHits: null });
    expect(JSON.stringify(wallet.state.activity?.newest)).toBe(before);
    expect(wallet.state.activity).toMatchObject({
      spentToday: 0n,
      completed: { credit: { count: 0n, total: 0n } },
    });
  });

  it('takes an id in capitals', () => {
    expect(walletWith().run(ask({ transactionId: ORIGINAL.toUpperCase() })).transaction.originalId).toBe(
      ORIGINAL,
    );
  });

  it.each([
    [9_999n, '0.01', true],
    [9_999n, '0.02', false],
    [0n, '100.00', true],
    [0n, '100.01', false],
  ])('when %s is refunded already, of %s more is accepted: %s', (refunded, amount, accepted) => {
    const wallet = walletWith({
      refundedAmount: refunded,
      refundedWalletAmount: refunded,
      refundedBaseAmount: refunded,
    });
    if (accepted) expect(wallet.run(ask({ amount })).transaction.status).toBe('COMPLETED');
    else expect(refusalOf(() => wallet.run(ask({ amount }))).code).toBe('REFUND_EXCEEDS_REMAINING');
  });
});

describe('a refused refund', () => {
  const amountPath = ['input', 'amount', 'amount'];

  it.each<[Parameters<typeof ask>[0], ErrorCode, string, readonly string[]]>([
    [
      { amount: 'x' },
      'INVALID_AMOUNT',
      '"x" is not an amount of MYR: send a plain decimal with at most 2 digits after the point.',
      amountPath,
    ],
    [
      { amount: '1.001' },
      'INVALID_AMOUNT',
      '"1.001" is not an amount of MYR: send a plain decimal with at most 2 digits after the point.',
      amountPath,
    ],
    [{ amount: '0' }, 'AMOUNT_BELOW_MINIMUM', 'The amount must be at least 0.01 MYR.', amountPath],
    [{ amount: '-1' }, 'AMOUNT_BELOW_MINIMUM', 'The amount must be at least 0.01 MYR.', amountPath],
    [
      { transactionId: 'nope' },
      'TRANSACTION_NOT_FOUND',
      'There is no transaction "nope".',
      ['input', 'transactionId'],
    ],
    [{ reason: ' ' }, 'INVALID_REASON', 'reason must not be empty.', ['input', 'reason']],
    [
      { reason: 'x'.repeat(501) },
      'INVALID_REASON',
      'reason has 501 characters; at most 500 are allowed.',
      ['input', 'reason'],
    ],
  ])('%j is turned away before anything is looked up', (values, code, message, path) => {
    expect(partsOf(refusalOf(() => ask(values)))).toMatchObject({ code, message, path });
  });

  const rows = transactionTypes.flatMap((type) => transactionStatuses.map((status) => ({ type, status })));

  it.each(rows.filter(({ type, status }) => type !== 'PURCHASE' || status !== 'COMPLETED'))(
    'of a $type that is $status says that only a completed purchase can be refunded',
    ({ type, status }) => {
      const wallet = walletWith({ type, status });
      const before = wallet.snapshot();
      expect(partsOf(refusalOf(() => wallet.run(ask())))).toEqual({
        code: 'TRANSACTION_NOT_REFUNDABLE',
        message: `Only a completed purchase can be refunded; this is a ${type} and ${status}.`,
        path: ['input', 'transactionId'],
        details: { refundable: { minor: 0n, currency: 'MYR' } },
      });
      expect(wallet.snapshot()).toBe(before);
    },
  );

  const allRefunded = { refundedAmount: 10_000n, refundedWalletAmount: 10_000n, refundedBaseAmount: 10_000n };

  it.each<[string, Wallet, Parameters<typeof ask>[0], object]>([
    [
      'of more than is left says how much is',
      walletWith({ refundedAmount: 4_000n }),
      { amount: '60.01' },
      {
        code: 'REFUND_EXCEEDS_REMAINING',
        message: '60.00 MYR of the purchase is left to refund.',
        path: amountPath,
        details: { refundable: { minor: 6_000n, currency: 'MYR' } },
      },
    ],
    [
      'of the rest, when there is none, points at the transaction',
      walletWith(allRefunded),
      {},
      {
        code: 'REFUND_EXCEEDS_REMAINING',
        message: '0.00 MYR of the purchase is left to refund.',
        path: ['input', 'transactionId'],
        details: { refundable: { minor: 0n, currency: 'MYR' } },
      },
    ],
    [
      'in another currency than the purchase says which to use',
      walletWith(),
      { amount: '1.00', currency: 'SGD' },
      {
        code: 'INVALID_AMOUNT',
        message: 'The purchase was in MYR: refund an amount of MYR, not of SGD.',
        path: ['input', 'amount', 'currency'],
        details: {},
      },
    ],
    [
      'of a currency that does not exist says which to use',
      walletWith(),
      { amount: '100.01', currency: 'EUR' },
      {
        code: 'INVALID_AMOUNT',
        message: 'The purchase was in MYR: refund an amount of MYR, not of EUR.',
        path: ['input', 'amount', 'currency'],
        details: {},
      },
    ],
    [
      'to a closed user says so, before it looks at the purchase',
      walletWith({ status: 'FAILED' }, { status: 'CLOSED' }),
      {},
      {
        code: 'USER_CLOSED',
        message: 'The user is closed.',
        path: ['input', 'transactionId'],
        details: { status: 'CLOSED' },
      },
    ],
    [
      'of an unknown transaction says so',
      new Wallet(),
      {},
      {
        code: 'TRANSACTION_NOT_FOUND',
        message: `There is no transaction "${ORIGINAL}".`,
        path: ['input', 'transactionId'],
        details: { id: ORIGINAL },
      },
    ],
    [
      'under a key that a payment used says so',
      walletWith({ idempotencyKey: 'refund-1' }),
      {},
      {
        code: 'IDEMPOTENCY_KEY_REUSED',
        message:
          'This idempotencyKey was used at 2026-03-10T04:00:00.000Z with another input; use a new key for a new payment.',
        path: ['input', 'idempotencyKey'],
        details: { transactionId: ORIGINAL, firstSeenAt: MIDDAY },
      },
    ],
  ])('%s, and nothing changes', (_name, wallet, values, expected) => {
    const before = wallet.snapshot();
    expect(partsOf(refusalOf(() => wallet.run(ask(values))))).toEqual(expected);
    expect(wallet.snapshot()).toBe(before);
  });
});

describe('the same refund under the same key', () => {
  it.each<[Parameters<typeof ask>[0], Parameters<typeof ask>[0]]>([
    [{}, {}],
    [{ amount: '5.00' }, { amount: '5' }],
    [{ reason: 'x' }, { reason: 'x' }],
  ])('%j, is replayed and returns nothing more', (first, second) => {
    const wallet = walletWith();
    const made = wallet.run(ask(first)).transaction;
    const before = wallet.snapshot();
    expect(wallet.run(ask(second))).toEqual({ transaction: made, replayed: true, refusal: undefined });
    expect(wallet.snapshot()).toBe(before);
  });

  it.each<[Parameters<typeof ask>[0], Parameters<typeof ask>[0]]>([
    [{}, { amount: '100.00' }],
    [{ amount: '5.00' }, { amount: '5.01' }],
    [{ amount: '5.00' }, { amount: '5.00', currency: 'SGD' }],
    [{}, { reason: 'x' }],
  ])('%j, is refused when it becomes %j', (first, second) => {
    const wallet = walletWith();
    wallet.run(ask(first));
    const before = wallet.snapshot();
    expect(refusalOf(() => wallet.run(ask(second))).code).toBe('IDEMPOTENCY_KEY_REUSED');
    expect(wallet.snapshot()).toBe(before);
  });

  it('is replayed to a user who was closed since, and after all is refunded', () => {
    const wallet = walletWith();
    wallet.run(ask());
    wallet.user.status = 'CLOSED';
    expect(wallet.run(ask()).replayed).toBe(true);
  });
});

describe('refunds with a reversal in between', () => {
  it('give back to the purchase what the reversed one had refunded', () => {
    const wallet = walletWith({
      amount: 100n,
      currency: 'SGD',
      walletAmount: 350n,
      baseAmount: 350n,
      rate: '3.50',
    });
    const part = (amount: string, idempotencyKey: string) =>
      wallet.run(ask({ amount, currency: 'SGD', idempotencyKey })).transaction;
    const first = part('0.01', 'a');
    part('0.33', 'b');
    expect(first.walletAmount).toBe(-4n);
    wallet.run(
      reverseTransaction(
        { transactionId: first.id, reason: 'Mistake', idempotencyKey: 'r' },
        'alice',
        'admin',
      ),
    );
    expect(originalIn(wallet)).toMatchObject({
      refundedAmount: 33n,
      refundedWalletAmount: 115n,
      refundedBaseAmount: 115n,
    });
    expect(part('0.67', 'c').walletAmount).toBe(-235n);
    expect(wallet.postingSum).toBe(350n);
    expect(originalIn(wallet)).toMatchObject({ refundedAmount: 100n, refundedWalletAmount: 350n });
  });
});
