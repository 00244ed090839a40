import { defineEntity, p } from '@mikro-orm/core';
import { MinorUnitsType } from '../db/column-types.js';
import { directionOf, Transaction, type TransactionRow, type TransactionType } from './transaction.js';

const PostingSchema = defineEntity({
  name: 'Posting',
  tableName: 'postings',
  checks: [{ name: 'postings_amount_check', expression: 'amount > 0' }],
  indexes: [
    { name: 'postings_transaction_index', properties: ['transactionId'] },
    { name: 'postings_user_index', properties: ['userId', 'createdAt'] },
  ],
  properties: {
    id: p.uuid().primary(),
    transactionId: () => p.manyToOne(Transaction).mapToPk().fieldName('transaction_id').index(false),
    userId: p.string().length(36),
    /** Minor units of `currency`, always positive. */
    amount: p.type(MinorUnitsType),
    currency: p.string().length(3),
    source: p.string().length(64),
    destination: p.string().length(64),
    createdAt: p.datetime(3),
  },
});

/** An amount that went from one account to another: balanced by construction, never changed. */
export class Posting extends PostingSchema.class {}
PostingSchema.setClass(Posting);

/** What a movement posts, before it has an id and an instant. */
export interface Movement {
  readonly amount: bigint;
  readonly currency: string;
  readonly source: string;
  readonly destination: string;
}

/** The account on the other side of the wallet for each type. */
const counterparties: Readonly<Record<TransactionType, string>> = {
  PURCHASE: 'merchants',
  WITHDRAWAL: 'payouts',
  TOP_UP: 'funding',
  REFUND: 'merchants',
};

/** Where conversions pass through: one posting in, in the one currency, and one out, in the other. */
const EXCHANGE_ACCOUNT = 'fx';

export function walletAccount(userId: string): string {
  return `wallet:${userId}`;
}

/** The two sides of a transaction as magnitudes: what the wallet gave or got, and what its counterparty got or gave. */
export interface Sides {
  readonly walletAmount: bigint;
  readonly amount: bigint;
}

/** Both sides of the whole transaction; a refund's amounts are stored negative. */
export function sidesOf({ amount, walletAmount }: TransactionRow): Sides {
  return amount < 0n ? { amount: -amount, walletAmount: -walletAmount } : { amount, walletAmount };
}

/** What settling moves: the whole of the transaction unless a part is given. */
export function settlementOf(transaction: TransactionRow, sides: Sides = sidesOf(transaction)): Movement[] {
  const wallet = {
    account: walletAccount(transaction.userId),
    amount: sides.walletAmount,
    currency: transaction.walletCurrency,
  };
  const other = {
    account: counterparties[transaction.type],
    amount: sides.amount,
    currency: transaction.currency,
  };
  const [from, to] = directionOf(transaction) === 'debit' ? [wallet, other] : [other, wallet];
  const legs =
    from.currency === to.currency
      ? [{ amount: from.amount, currency: from.currency, source: from.account, destination: to.account }]
      : [
          {
            amount: from.amount,
            currency: from.currency,
            source: from.account,
            destination: EXCHANGE_ACCOUNT,
          },
          { amount: to.amount, currency: to.currency, source: EXCHANGE_ACCOUNT, destination: to.account },
        ];
  return legs.filter((leg) => leg.amount > 0n);
}

/** The opposite of settling a part: what undoes it. */
export function reversalOf(transaction: TransactionRow, sides: Sides): Movement[] {
  return settlementOf(transaction, sides).map((movement) => ({
    ...movement,
    source: movement.destination,
    destination: movement.source,
  }));
}
