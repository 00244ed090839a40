import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { DomainError } from '../../../src/errors.js';
import { type Direction, directionOf, type TransactionRow } from '../../../src/ledger/transaction.js';
import type { UserStatus } from '../../../src/ledger/user.js';
import { changeUserStatus } from '../../../src/operations/change-user-status.js';
import type { Command, TransactionOutcome } from '../../../src/operations/command.js';
import { createTransaction } from '../../../src/operations/create-transaction.js';
import { refund } from '../../../src/operations/refund.js';
import { reverseTransaction } from '../../../src/operations/reverse-transaction.js';
import { reviewTransaction } from '../../../src/operations/review-transaction.js';
import { makeUser, purchaseInput, settingsWith, Wallet } from '../../support/ledger.js';

/** Amounts over 300.00 MYR are held; the limit of the day is within reach. */
const environment = {
  FRAUD_HIGH_VALUE_THRESHOLD: '300',
  FRAUD_HIGH_VALUE_POINTS: '60',
  DAILY_SPENDING_LIMIT: '2500',
  EXCHANGE_RATE_JPY_TO_MYR: '0.031',
};
const settings = settingsWith(environment);
const digits: Readonly<Record<string, number>> = { JPY: 0 };

const keys = fc.integer({ min: 1, max: 40 }).map((number) => `key-${number}`);
const currencies = fc.constantFrom('MYR', 'MYR', 'SGD', 'USD', 'JPY');
const which = fc.nat({ max: 1_000 });

/** A command on whatever transactions there are by then. */
type Step = (rows: readonly TransactionRow[]) => Command<unknown> | undefined;

const creations = fc
  .record({
    type: fc.constantFrom('PURCHASE', 'PURCHASE', 'WITHDRAWAL', 'TOP_UP'),
    minor: fc.integer({ min: 1, max: 40_000 }),
    currency: currencies,
    idempotencyKey: keys,
  })
  .map(({ type, minor, currency, idempotencyKey }): Step => {
    const amount = (minor / 100).toFixed(digits[currency] ?? 2);
    return () =>
      amount === '0'
        ? undefined
        : createTransaction(
            purchaseInput({ type: type as 'PURCHASE', amount, currency, idempotencyKey }),
            settings,
          );
  });

const refunds = fc.record({ which, part: fc.integer({ min: 0, max: 110 }), idempotencyKey: keys }).map(
  ({ which, part, idempotencyKey }): Step =>
    (rows) => {
      const purchases = rows.filter((row) => row.type === 'PURCHASE' && row.status === 'COMPLETED');
      const row = purchases[which % purchases.length] ?? rows[which % rows.length];
      if (!row) return undefined;
      const minor = (row.amount * BigInt(part)) / 100n;
      const { currency } = row;
      const amount =
        minor > 0n
          ? {
              amount: (Number(minor) / (currency === 'JPY' ? 1 : 100)).toFixed(digits[currency] ?? 2),
              currency,
            }
          : null;
      return refund({ transactionId: row.id, amount, idempotencyKey }, 'alice');
    },
);

const reviews = fc.record({ which, decision: fc.constantFrom('APPROVE' as const, 'REJECT' as const) }).map(
  ({ which, decision }): Step =>
    (rows) => {
      const pending = rows.filter((row) => row.status === 'PENDING');
      const row = pending[which % pending.length] ?? rows[which % rows.length];
      return row && reviewTransaction({ transactionId: row.id, decision, note: 'Seen' }, 'alice', 'ann');
    },
);

const reversals = fc.record({ which, idempotencyKey: keys }).map(
  ({ which, idempotencyKey }): Step =>
    (rows) => {
      const row = rows[which % rows.length];
      return (
        row &&
        reverseTransaction({ transactionId: row.id, reason: 'Mistake', idempotencyKey }, 'alice', 'root')
      );
    },
);

const statusChanges = fc.constantFrom<UserStatus>('ACTIVE', 'ACTIVE', 'SUSPENDED', 'CLOSED').map(
  (status): Step =>
    () =>
      changeUserStatus({ userId: 'alice', status }, 'root'),
);

const sequences = fc.array(
  fc.oneof(
    { arbitrary: creations, weight: 10 },
    { arbitrary: refunds, weight: 6 },
    { arbitrary: reviews, weight: 4 },
    { arbitrary: reversals, weight: 3 },
    { arbitrary: statusChanges, weight: 1 },
  ),
  { minLength: 1, maxLength: 60 },
);

const INITIAL = 60_000n;
const sum = (values: readonly bigint[]) => values.reduce((total, value) => total + value, 0n);

/** All that must hold of a user at any time, from the rows alone. */
function expectConsistent(wallet: Wallet): void {
  const { user, state, appended } = wallet;
  const rows = appended.transactions;
  expect(user.held >= 0n && user.posted >= user.held).toBe(true);
  expect(user.held).toBe(
    sum(
      rows.map((row) => (row.status === 'PENDING' && directionOf(row) === 'debit' ? row.walletAmount : 0n)),
    ),
  );
  expect(user.posted).toBe(INITIAL + wallet.postingSum);
  expect(user.posted).toBe(INITIAL + sum(rows.map(worthOf)));
  const counted = (direction: Direction) =>
    rows.filter(
      (row) => row.type !== 'REFUND' && row.status === 'COMPLETED' && directionOf(row) === direction,
    );
  const spent = rows.filter(
    (row) => directionOf(row) === 'debit' && ['PENDING', 'COMPLETED'].includes(row.status),
  );
  expect(state.activity).toMatchObject({
    spentToday: sum(spent.map((row) => row.baseAmount)),
    completed: {
      debit: {
        count: BigInt(counted('debit').length),
        total: sum(counted('debit').map((row) => row.baseAmount)),
      },
      credit: {
        count: BigInt(counted('credit').length),
        total: sum(counted('credit').map((row) => row.baseAmount)),
      },
    },
  });
  expect(state.activity?.newest).toHaveLength(rows.filter((row) => row.type !== 'REFUND').length);
  for (const row of rows) if (row.type === 'PURCHASE') expectRefundsWithin(row, rows);
}

/** What a row has done to the wallet by now. */
function worthOf(row: TransactionRow): bigint {
  if (row.status === 'REVERSED') return row.type === 'REFUND' ? 0n : -row.refundedWalletAmount;
  if (row.status !== 'COMPLETED') return 0n;
  return row.type === 'TOP_UP' ? row.walletAmount : -row.walletAmount;
}

function expectRefundsWithin(purchase: TransactionRow, rows: readonly TransactionRow[]): void {
  const refundsOf = rows.filter((row) => row.originalId === purchase.id && row.status === 'COMPLETED');
  expect(purchase.refundedAmount).toBe(-sum(refundsOf.map((row) => row.amount)));
  expect(purchase.refundedWalletAmount).toBe(-sum(refundsOf.map((row) => row.walletAmount)));
  expect(purchase.refundedBaseAmount).toBe(-sum(refundsOf.map((row) => row.baseAmount)));
  expect(purchase.refundedAmount <= purchase.amount).toBe(true);
  expect(purchase.refundedWalletAmount <= purchase.walletAmount).toBe(true);
  expect(purchase.refundedBaseAmount <= purchase.baseAmount).toBe(true);
}

describe('any sequence of commands on one user', () => {
  it('keeps balances whole, versions gapless, sums true, and changes nothing on refusals and replays', () => {
    const seen = new Set<string>();
    fc.assert(
      fc.property(sequences, fc.constantFrom('MYR', 'SGD', 'JPY'), (steps, currency) => {
        const wallet = new Wallet({ user: makeUser({ posted: INITIAL, currency }), environment });
        const done: Array<Command<unknown>> = [];
        for (const step of steps) {
          const command = step(wallet.appended.transactions);
          if (!command) continue;
          const { posted, held, version } = wallet.user;
          const [before, events] = [wallet.snapshot(), wallet.appended.drafts.length];
          let told: string;
          try {
            const outcome = wallet.run(command) as Partial<TransactionOutcome>;
            told = outcome.replayed
              ? 'replayed'
              : (outcome.refusal?.code ?? outcome.transaction?.status ?? 'changed');
          } catch (error) {
            if (!(error instanceof DomainError)) throw error;
            told = error.code;
            expect(wallet.snapshot()).toBe(before);
          }
          seen.add(`${command.operation} ${told}`);
          const changed = wallet.user.posted !== posted || wallet.user.held !== held;
          expect(wallet.user.version).toBe(version + (changed ? 1 : 0));
          expect(wallet.appended.drafts.length - events).toBe(wallet.snapshot() === before ? 0 : 1);
          expectConsistent(wallet);
          if (command.needs.idempotencyKey && wallet.appended.drafts.length > events) done.push(command);
        }
        const after = wallet.snapshot();
        for (const command of done) expect(wallet.run(command)).toMatchObject({ replayed: true });
        expect(wallet.snapshot()).toBe(after);
      }),
      { numRuns: 200 },
    );
    // The sequences reach every kind of outcome that the rules know.
    expect([...seen]).toEqual(
      expect.arrayContaining([
        'createTransaction COMPLETED',
        'createTransaction PENDING',
        'createTransaction DAILY_LIMIT_EXCEEDED',
        'createTransaction INSUFFICIENT_BALANCE',
        'createTransaction USER_SUSPENDED',
        'createTransaction IDEMPOTENCY_KEY_REUSED',
        'refund COMPLETED',
        'refund REFUND_EXCEEDS_REMAINING',
        'refund TRANSACTION_NOT_REFUNDABLE',
        'reviewTransaction COMPLETED',
        'reviewTransaction FAILED',
        'reviewTransaction INVALID_STATUS_TRANSITION',
        'reverseTransaction REVERSED',
        'reverseTransaction INVALID_STATUS_TRANSITION',
        'reverseTransaction IDEMPOTENCY_KEY_REUSED',
        'changeUserStatus changed',
        'changeUserStatus USER_NOT_EMPTY',
      ]),
    );
  });
});
