import { type Conversion, convert } from '../money/rates.js';
import { conversionOf, type TransactionRow } from './transaction.js';

/** What is left to refund of a purchase, in its own currency; zero for whatever cannot be refunded. */
export function refundableOf(original: TransactionRow): bigint {
  const refundable = original.type === 'PURCHASE' && original.status === 'COMPLETED';
  return refundable ? original.amount - original.refundedAmount : 0n;
}

/** What one refund returns, in the wallet's currency and in the base currency. */
export interface RefundShare {
  readonly walletAmount: bigint;
  readonly baseAmount: bigint;
}

/**
 * What refunding `amount` more returns. Refunds convert cumulatively: all that is refunded by then, converted at the
 * original's rate, less what was returned before; the one that exhausts the original returns the exact remainder. So any
 * split of a purchase into refunds adds up to what was debited, and no sequence of small ones returns more.
 */
export function refundShareOf(original: TransactionRow, amount: bigint, baseCurrency: string): RefundShare {
  const toWallet = conversionOf(original);
  const toBase = { ...toWallet, to: baseCurrency, toRate: '1' };
  return {
    walletAmount: shareOf(original, amount, original.walletAmount, original.refundedWalletAmount, toWallet),
    baseAmount: shareOf(original, amount, original.baseAmount, original.refundedBaseAmount, toBase),
  };
}

function shareOf(
  original: TransactionRow,
  amount: bigint,
  paid: bigint,
  returned: bigint,
  conversion: Conversion,
): bigint {
  const remaining = paid - returned;
  const refunded = original.refundedAmount + amount;
  if (refunded === original.amount) return remaining;
  // A reversed refund can leave more returned than the rest converts to; a refund then returns nothing, never a debit.
  const due = convert(refunded, conversion) - returned;
  if (due < 0n) return 0n;
  if (due > remaining) return remaining;
  return due;
}
