import { conversionOf, type TransactionRow } from '../ledger/transaction.js';
import { formatMinor } from '../money/amount.js';
import { getExponent } from '../money/currency.js';
import { formatRate } from '../money/rates.js';

export type Value = string | number | null | readonly string[] | Readonly<Record<string, unknown>>;

const decimal = (minor: bigint, currency: string) => formatMinor(minor, getExponent(currency));

/** What an export tells of a transaction, in this order; `base` is the base currency. */
export const columns: Readonly<Record<string, (row: TransactionRow, base: string) => Value>> = {
  id: ({ id }) => id,
  userId: ({ userId }) => userId,
  type: ({ type }) => type,
  status: ({ status }) => status,
  amount: ({ amount, currency }) => decimal(amount, currency),
  currency: ({ currency }) => currency,
  walletAmount: ({ walletAmount, walletCurrency }) => decimal(walletAmount, walletCurrency),
  walletCurrency: ({ walletCurrency }) => walletCurrency,
  baseAmount: ({ baseAmount }, base) => decimal(baseAmount, base),
  baseCurrency: (_row, base) => base,
  exchangeRate: (row) => formatRate(conversionOf(row)),
  refundedAmount: ({ refundedAmount, currency }) => decimal(refundedAmount, currency),
  merchantName: ({ merchantName }) => merchantName,
  merchantCategory: ({ merchantCategory }) => merchantCategory,
  fraudScore: ({ fraudScore }) => fraudScore,
  fraudFlags: ({ fraudFlags }) => fraudFlags,
  failureCode: ({ failure }) => failure?.code ?? null,
  originalTransactionId: ({ originalId }) => originalId,
  reason: ({ reason }) => reason,
  idempotencyKey: ({ idempotencyKey }) => idempotencyKey,
  metadata: ({ metadata }) => metadata,
  createdAt: ({ createdAt }) => createdAt.toISOString(),
  updatedAt: ({ updatedAt }) => updatedAt.toISOString(),
};

/** Those whose text others wrote. */
export const freeText: ReadonlySet<string> = new Set(['merchantName', 'reason', 'idempotencyKey']);
