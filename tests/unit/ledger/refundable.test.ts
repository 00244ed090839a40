import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type RefundShare, refundableOf, refundShareOf } from '../../../src/ledger/refundable.js';
import {
  type TransactionRow,
  transactionStatuses,
  transactionTypes,
} from '../../../src/ledger/transaction.js';
import { convert } from '../../../src/money/rates.js';
import { makeTransaction } from '../../support/ledger.js';

const currencies = fc.constantFrom('MYR', 'SGD', 'JPY', 'KWD');
const rateOf = fc
  .tuple(fc.integer({ min: 0, max: 999 }), fc.integer({ min: 1, max: 999_999 }))
  .map(([whole, fraction]) => `${whole}.${String(fraction).padStart(6, '0')}`);

/** A completed purchase in any currency from a wallet in any currency, at any rates. */
const purchases: fc.Arbitrary<TransactionRow> = fc
  .record({
    amount: fc.bigInt({ min: 1n, max: 5_000_000n }),
    currency: currencies,
    walletCurrency: currencies,
    rates: fc.record({ SGD: rateOf, JPY: rateOf, KWD: rateOf }).map((rates) => ({ MYR: '1', ...rates })),
  })
  .map(({ amount, currency, walletCurrency, rates }) => {
    const rate = rates[currency];
    const walletRate = rates[walletCurrency];
    const conversion = { from: currency, to: walletCurrency, fromRate: rate, toRate: walletRate };
    return makeTransaction({
      amount,
      currency,
      walletAmount: convert(amount, conversion),
      walletCurrency,
      baseAmount: convert(amount, { ...conversion, to: 'MYR', toRate: '1' }),
      rate,
      walletRate,
    });
  })
  .filter(({ walletAmount }) => walletAmount > 0n);

/** Where an amount is cut, in parts of a million: any split into refunds. */
const cuts = fc.array(fc.integer({ min: 0, max: 1_000_000 }), { maxLength: 40 });

function split(amount: bigint, places: readonly number[]): bigint[] {
  const ends = places.map((place) => (amount * BigInt(place)) / 1_000_000n);
  const sorted = [0n, ...ends, amount].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  return sorted.slice(1).flatMap((end, index) => {
    const part = end - (sorted[index] as bigint);
    return part > 0n ? [part] : [];
  });
}

function refund(original: TransactionRow, amount: bigint): RefundShare {
  const share = refundShareOf(original, amount, 'MYR');
  original.refundedAmount += amount;
  original.refundedWalletAmount += share.walletAmount;
  original.refundedBaseAmount += share.baseAmount;
  return share;
}

/** No more returned than paid, and nothing taken, in all three currencies. */
function expectWithinPaid(original: TransactionRow, share: RefundShare): void {
  expect(share.walletAmount >= 0n).toBe(true);
  expect(share.baseAmount >= 0n).toBe(true);
  expect(original.refundedAmount <= original.amount).toBe(true);
  expect(original.refundedWalletAmount <= original.walletAmount).toBe(true);
  expect(original.refundedBaseAmount <= original.baseAmount).toBe(true);
}

describe('refunds of a purchase', () => {
  it('add up to what was paid in the wallet, base and own currency, for any split at any rate', () => {
    fc.assert(
      fc.property(purchases, cuts, (purchase, places) => {
        const original = { ...purchase };
        for (const part of split(original.amount, places)) {
          expectWithinPaid(original, refund(original, part));
        }
        expect(original.refundedAmount).toBe(original.amount);
        expect(original.refundedWalletAmount).toBe(original.walletAmount);
        expect(original.refundedBaseAmount).toBe(original.baseAmount);
      }),
      { numRuns: 500 },
    );
  });

  it('have returned, after each, exactly the conversion of all that is refunded by then', () => {
    fc.assert(
      fc.property(purchases, cuts, (purchase, places) => {
        const original = { ...purchase };
        const { currency: from, walletCurrency: to, rate: fromRate, walletRate: toRate } = original;
        for (const part of split(original.amount, places)) {
          refund(original, part);
          const due = convert(original.refundedAmount, { from, to, fromRate, toRate });
          expect(original.refundedWalletAmount).toBe(due);
        }
      }),
    );
  });

  it('never take money nor return more than was paid when some of them are reversed in between', () => {
    const step = fc.record({
      undo: fc.boolean(),
      which: fc.nat(),
      part: fc.integer({ min: 1, max: 1_000_000 }),
    });
    fc.assert(
      fc.property(purchases, fc.array(step, { maxLength: 40 }), (purchase, steps) => {
        const original = { ...purchase };
        const made: Array<RefundShare & { amount: bigint }> = [];
        for (const { undo, which, part } of steps) {
          const left = original.amount - original.refundedAmount;
          if (undo && made.length > 0) {
            const [undone] = made.splice(which % made.length, 1);
            original.refundedAmount -= undone?.amount ?? 0n;
            original.refundedWalletAmount -= undone?.walletAmount ?? 0n;
            original.refundedBaseAmount -= undone?.baseAmount ?? 0n;
          } else if (left > 0n) {
            const amount = (left * BigInt(part)) / 1_000_000n || 1n;
            const share = refund(original, amount);
            expectWithinPaid(original, share);
            made.push({ ...share, amount });
          }
        }
        const left = original.amount - original.refundedAmount;
        if (left > 0n) expectWithinPaid(original, refund(original, left));
        expect(original.refundedWalletAmount).toBe(original.walletAmount);
        expect(original.refundedBaseAmount).toBe(original.baseAmount);
      }),
      { numRuns: 500 },
    );
  });

  it('return 3.46 MYR, not 3.96, for 0.01 SGD 99 times of a purchase of 0.99 SGD', () => {
    const original = makeTransaction({
      amount: 99n,
      currency: 'SGD',
      walletAmount: 346n,
      baseAmount: 346n,
      rate: '3.50',
    });
    const returned: bigint[] = [];
    for (let count = 0; count < 99; count += 1) returned.push(refund(original, 1n).walletAmount);
    expect(returned.slice(0, 8)).toEqual([4n, 3n, 3n, 4n, 4n, 3n, 3n, 4n]);
    expect(returned.reduce((sum, part) => sum + part, 0n)).toBe(346n);
    expect(original.refundedAmount).toBe(99n);
  });

  it('return nothing at first when a part is worth less than a minor unit, and all of it in the end', () => {
    const original = makeTransaction({
      amount: 100n,
      currency: 'JPY',
      walletAmount: 3n,
      baseAmount: 3n,
      rate: '0.00031',
    });
    expect(refund(original, 10n)).toEqual({ walletAmount: 0n, baseAmount: 0n });
    expect(refund(original, 90n)).toEqual({ walletAmount: 3n, baseAmount: 3n });
  });

  it('return nothing, never a debit, where a reversed refund left more returned than the rest converts to', () => {
    const original = makeTransaction({
      amount: 4n,
      currency: 'SGD',
      walletAmount: 14n,
      baseAmount: 14n,
      rate: '3.50',
      refundedAmount: 1n,
      refundedWalletAmount: 9n,
      refundedBaseAmount: 9n,
    });
    expect(refundShareOf(original, 1n, 'MYR')).toEqual({ walletAmount: 0n, baseAmount: 0n });
    expect(refundShareOf(original, 3n, 'MYR')).toEqual({ walletAmount: 5n, baseAmount: 5n });
  });
});

describe('what is left to refund', () => {
  const rows = transactionTypes.flatMap((type) => transactionStatuses.map((status) => ({ type, status })));

  it.each(rows)('of a $type that is $status is what was not refunded, or nothing', ({ type, status }) => {
    const left = refundableOf(makeTransaction({ type, status, amount: 100n, refundedAmount: 30n }));
    expect(left).toBe(type === 'PURCHASE' && status === 'COMPLETED' ? 70n : 0n);
  });
});
