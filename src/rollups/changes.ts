import type { EntityManager } from '@mikro-orm/core';
import type { EventType } from '../events/event.js';
import { Transaction, type TransactionRow } from '../ledger/transaction.js';
import { type Contribution, contributionsOf, negated, refundedLater, type Tally } from './contributions.js';
import type { DayOf } from './day-calendar.js';

/** What events say of transactions, in the log's order: only those that are about one. */
export interface TransactionEvent {
  readonly type: EventType;
  /** As the event leaves it. */
  readonly transaction: TransactionRow;
}

const COUNTED = [
  'id',
  'type',
  'status',
  'originalId',
  'merchantCategory',
  'fraudScore',
  'fraudFlags',
  'reviewDecision',
  'reviewedAt',
  'createdAt',
  'baseAmount',
  'refundedBaseAmount',
] as const;
/** All of a transaction that the sums are made from. */
type Counted = Pick<TransactionRow, (typeof COUNTED)[number]>;

/** What events concern besides their own transaction. All that is read of it no longer changes. */
export interface Surroundings {
  /** The purchases of refunds, by id. */
  readonly originals: ReadonlyMap<string, Counted>;
  /** The completed refunds of purchases that were reversed, by the purchase's id: from then on they are fixed. */
  readonly refunds: ReadonlyMap<string, readonly Counted[]>;
}

/** Reads what the events concern besides their own transactions, in at most two queries. */
export async function loadSurroundings(
  em: EntityManager,
  events: readonly TransactionEvent[],
): Promise<Surroundings> {
  const transactions = events.map(({ transaction }) => transaction);
  const originalIds = transactions.flatMap(({ originalId }) => originalId ?? []);
  const reversedIds = transactions
    .filter(({ type, status }) => type === 'PURCHASE' && status === 'REVERSED')
    .map(({ id }) => id);
  const find = (where: object): Promise<Counted[]> =>
    em.find(Transaction, where, { fields: COUNTED, disableIdentityMap: true }) as Promise<Counted[]>;
  const originals = originalIds.length === 0 ? [] : await find({ id: { $in: [...new Set(originalIds)] } });
  const refunds =
    reversedIds.length === 0
      ? []
      : await find({ originalId: { $in: reversedIds }, type: 'REFUND', status: 'COMPLETED' });
  return {
    originals: new Map(originals.map((original) => [original.id, original])),
    refunds: Map.groupBy(refunds, ({ originalId }) => originalId as string),
  };
}

/**
 * What an event changes of the sums: what its transaction adds now, less what it added before. How it was before follows
 * from the event's type: not there before it was made, pending before its review, completed before its reversal.
 */
export function changesOf(
  { type, transaction }: TransactionEvent,
  surroundings: Surroundings,
  dayOf: DayOf,
): Contribution[] {
  const after = tallyOf(transaction, dayOf);
  switch (type) {
    case 'TRANSACTION_CREATED':
      return [...contributionsOf(after), ...returnedBy(transaction, surroundings, dayOf, 1n)];
    case 'TRANSACTION_REVIEWED': {
      const before: Tally = { ...after, status: 'PENDING', reviewDecision: null, reviewSeconds: null };
      return [...contributionsOf(after), ...contributionsOf(negated(before))];
    }
    case 'TRANSACTION_REVERSED': {
      const refunds = surroundings.refunds.get(transaction.id) ?? [];
      return [
        ...contributionsOf(after),
        ...contributionsOf(negated({ ...after, status: 'COMPLETED' })),
        ...returnedBy(transaction, surroundings, dayOf, -1n),
        // A purchase that is undone as a whole takes its refunds with it.
        ...refunds.flatMap((refund) => contributionsOf(negated(tallyOf(refund, dayOf)))),
      ];
    }
    default:
      return [];
  }
}

/** What a refund, made or undone, changes of its purchase's figures. */
function returnedBy(
  { originalId, baseAmount }: TransactionRow,
  { originals }: Surroundings,
  dayOf: DayOf,
  sign: 1n | -1n,
): Contribution[] {
  if (originalId === null) return [];
  const original = originals.get(originalId);
  if (!original) throw new Error(`the purchase ${originalId} of a refund is gone`);
  return refundedLater(
    { day: dayOf(original.createdAt), flags: original.fraudFlags as readonly string[] },
    -baseAmount * sign,
  );
}

function tallyOf(transaction: Counted, dayOf: DayOf): Tally {
  const { type, status, reviewDecision, reviewedAt, createdAt } = transaction;
  const reviewMs = reviewedAt && reviewedAt.getTime() - createdAt.getTime();
  return {
    day: dayOf(createdAt),
    type,
    status,
    category: transaction.merchantCategory,
    score: transaction.fraudScore,
    flags: transaction.fraudFlags as readonly string[],
    reviewDecision,
    reviewSeconds: reviewMs === null ? null : Math.trunc(reviewMs / 1000),
    purchaseReversed: false,
    count: 1n,
    amount: transaction.baseAmount,
    refundedAmount: transaction.refundedBaseAmount,
  };
}
