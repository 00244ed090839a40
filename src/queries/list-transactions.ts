import type { EntityManager, FilterQuery, FindOptions } from '@mikro-orm/core';
import {
  Transaction,
  type TransactionRow,
  type TransactionStatus,
  type TransactionType,
} from '../ledger/transaction.js';

export interface Range<T> {
  /** From here on, inclusive. */
  readonly gte?: T | undefined;
  /** Up to here, exclusive. */
  readonly lt?: T | undefined;
}

export interface TransactionCriteria {
  readonly userId?: string | undefined;
  readonly status?: readonly TransactionStatus[] | undefined;
  readonly type?: readonly TransactionType[] | undefined;
  readonly merchantCategory?: readonly string[] | undefined;
  readonly createdAt?: Range<Date> | undefined;
  /** In minor units of the base currency. */
  readonly baseAmount?: Range<bigint> | undefined;
  readonly fraudScore?: Range<number> | undefined;
  readonly fraudFlag?: readonly string[] | undefined;
}

/** What a list is sorted by, and then by id. */
export type OrderField = 'createdAt' | 'baseAmount';

/** A place in a sorted list: after or before the row with these values. */
export interface Key {
  readonly value: Date | bigint;
  readonly id: string;
}

export interface PageRequest {
  readonly field: OrderField;
  readonly descending: boolean;
  readonly after?: Key | undefined;
  readonly before?: Key | undefined;
  readonly count: number;
  /** Take the last `count` instead of the first. */
  readonly fromEnd: boolean;
}

export interface Page {
  readonly rows: readonly TransactionRow[];
  /** Whether there are more in the direction that was read. */
  readonly more: boolean;
}

/** A page of transactions by keyset: rows inserted meanwhile neither shift nor repeat what was read. */
export async function listTransactions(
  em: EntityManager,
  criteria: TransactionCriteria,
  page: PageRequest,
): Promise<Page> {
  const { field, count, fromEnd } = page;
  const descending = page.descending !== fromEnd;
  const conditions: FilterQuery<Transaction>[] = conditionsOf(criteria);
  if (page.after) conditions.push(beyond(field, page.after, page.descending));
  if (page.before) conditions.push(beyond(field, page.before, !page.descending));
  const direction = descending ? 'desc' : 'asc';
  const rows = await findRows(em, conditions.length > 0 ? { $and: conditions } : {}, {
    orderBy: [{ [field]: direction }, { id: direction }],
    limit: count + 1,
  });
  const taken = rows.slice(0, count);
  return { rows: fromEnd ? taken.reverse() : taken, more: rows.length > count };
}

/** As plain rows, which are only read: making entities of them takes ten times as long as the query. */
async function findRows(
  em: EntityManager,
  where: FilterQuery<Transaction>,
  options: FindOptions<Transaction>,
): Promise<TransactionRow[]> {
  const platform = em.getPlatform();
  const typed = em.getMetadata(Transaction).props.filter(({ customType }) => customType);
  const found = await em
    .fork()
    .getDriver()
    .find(Transaction, where as never, options as never);
  for (const row of found as Array<Record<string, unknown>>) {
    for (const { name, customType } of typed) {
      if (row[name] !== null) row[name] = customType?.convertToJSValue(row[name], platform);
    }
  }
  return found as unknown as TransactionRow[];
}

/** The rows after a key in the given direction; the first condition is what an index can use. */
function beyond(field: OrderField, { value, id }: Key, descending: boolean): FilterQuery<Transaction> {
  const [strict, inclusive] = descending ? ['$lt', '$lte'] : ['$gt', '$gte'];
  return {
    [field]: { [inclusive]: value },
    $or: [{ [field]: { [strict]: value } }, { id: { [strict]: id } }],
  } as FilterQuery<Transaction>;
}

function conditionsOf(criteria: TransactionCriteria): FilterQuery<Transaction>[] {
  const conditions: FilterQuery<Transaction>[] = [];
  if (criteria.userId !== undefined) conditions.push({ userId: criteria.userId });
  for (const field of ['status', 'type', 'merchantCategory'] as const) {
    const values = criteria[field];
    if (values && values.length > 0)
      conditions.push({ [field]: { $in: values } } as FilterQuery<Transaction>);
  }
  for (const field of ['createdAt', 'baseAmount', 'fraudScore'] as const) {
    const range = criteria[field];
    if (range?.gte !== undefined)
      conditions.push({ [field]: { $gte: range.gte } } as FilterQuery<Transaction>);
    if (range?.lt !== undefined) conditions.push({ [field]: { $lt: range.lt } } as FilterQuery<Transaction>);
  }
  if (criteria.fraudFlag && criteria.fraudFlag.length > 0) {
    conditions.push({
      $or: criteria.fraudFlag.map((flag) => ({ fraudFlags: { $like: `%|${flag}|%` } })),
    } as never);
  }
  return conditions;
}
