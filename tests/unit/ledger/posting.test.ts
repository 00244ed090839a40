import { describe, expect, it } from '@jest/globals';
import { reversalOf, settlementOf, sidesOf } from '../../../src/ledger/posting.js';
import type { TransactionType } from '../../../src/ledger/transaction.js';
import { makeTransaction } from '../../support/ledger.js';

const accounts: ReadonlyArray<[TransactionType, bigint, string, string]> = [
  ['PURCHASE', 10_000n, 'wallet:alice', 'merchants'],
  ['WITHDRAWAL', 10_000n, 'wallet:alice', 'payouts'],
  ['TOP_UP', 10_000n, 'funding', 'wallet:alice'],
  ['REFUND', -10_000n, 'merchants', 'wallet:alice'],
];

describe('the postings of a transaction', () => {
  it.each(accounts)('move a %s of %s minor units from %s to %s', (type, amount, source, destination) => {
    const transaction = makeTransaction({ type, amount, walletAmount: amount });
    expect(settlementOf(transaction)).toEqual([{ amount: 10_000n, currency: 'MYR', source, destination }]);
  });

  it.each(accounts)(
    'undo a %s of %s minor units the other way round',
    (type, amount, source, destination) => {
      const transaction = makeTransaction({ type, amount, walletAmount: amount });
      expect(reversalOf(transaction, sidesOf(transaction))).toEqual([
        { amount: 10_000n, currency: 'MYR', source: destination, destination: source },
      ]);
    },
  );

  it.each(accounts)(
    'pass a %s of %s minor units in another currency through fx',
    (type, sign, source, destination) => {
      const factor = sign < 0n ? -1n : 1n;
      const transaction = makeTransaction({
        type,
        amount: factor * 1_000n,
        currency: 'SGD',
        walletAmount: factor * 3_500n,
      });
      const wallet = { amount: 3_500n, currency: 'MYR' };
      const other = { amount: 1_000n, currency: 'SGD' };
      const [given, got] = source === 'wallet:alice' ? [wallet, other] : [other, wallet];
      expect(settlementOf(transaction)).toEqual([
        { ...given, source, destination: 'fx' },
        { ...got, source: 'fx', destination },
      ]);
      expect(reversalOf(transaction, sidesOf(transaction))).toEqual([
        { ...given, source: 'fx', destination: source },
        { ...got, source: destination, destination: 'fx' },
      ]);
    },
  );

  it('leave out a side that moves nothing', () => {
    const refund = makeTransaction({ type: 'REFUND', amount: -1n, currency: 'JPY', walletAmount: 0n });
    expect(settlementOf(refund)).toEqual([
      { amount: 1n, currency: 'JPY', source: 'merchants', destination: 'fx' },
    ]);
    expect(settlementOf(makeTransaction(), { amount: 0n, walletAmount: 0n })).toEqual([]);
  });

  it('take both sides as magnitudes', () => {
    expect(sidesOf(makeTransaction({ amount: -5n, walletAmount: -7n }))).toEqual({
      amount: 5n,
      walletAmount: 7n,
    });
    expect(sidesOf(makeTransaction({ amount: 5n, walletAmount: 7n }))).toEqual({
      amount: 5n,
      walletAmount: 7n,
    });
  });
});
