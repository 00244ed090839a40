import { isId } from '../ids.js';
import type { TransactionRow } from '../ledger/transaction.js';
import { isUserId } from '../ledger/user.js';
import { checkCategory } from '../operations/check-text.js';
import {
  type Key,
  listTransactions,
  type OrderField,
  type PageRequest,
  type Range,
  type TransactionCriteria,
} from '../queries/list-transactions.js';
import { scopeToOwn } from './authorization.js';
import type { PageInfoType, TransactionConnectionType } from './connection.type.js';
import type { Context } from './context.js';
import { badUserInput } from './errors.js';
import { PAGE_DEFAULT, PAGE_MAX } from './page-size.js';
import { readAmount } from './read-amount.js';
import { isStorable } from './scalars.js';
import type { TransactionFilterInput, TransactionPageArgs } from './transaction.input.js';
import { TransactionObject } from './transaction.type.js';

const emptyPage: TransactionConnectionType = {
  edges: [],
  nodes: [],
  pageInfo: { hasNextPage: false, hasPreviousPage: false, startCursor: null, endCursor: null },
};

/** Answers a page of transactions as a Relay connection. */
export async function pageOfTransactions(
  context: Context,
  args: TransactionPageArgs,
  userId: string | undefined,
): Promise<TransactionConnectionType> {
  const request = readPage(args);
  const owner = scopeToOwn(context.principal, userId);
  if (owner === null || (owner !== undefined && !isUserId(owner))) return emptyPage;
  const criteria = readFilter(args.filter, context.settings.rates.base);
  const { rows, more } = await listTransactions(context.orm.em, { ...criteria, userId: owner }, request);
  for (const row of rows) context.loaders.transaction.prime(row.id, row as never);
  const edges = rows.map((row) => ({ cursor: writeCursor(request, row), node: new TransactionObject(row) }));
  const pageInfo: PageInfoType = {
    hasNextPage: request.fromEnd ? request.before !== undefined : more,
    hasPreviousPage: request.fromEnd ? more : request.after !== undefined,
    startCursor: edges[0]?.cursor ?? null,
    endCursor: edges.at(-1)?.cursor ?? null,
  };
  return { edges, nodes: edges.map((edge) => edge.node), pageInfo };
}

function readPage(args: TransactionPageArgs): PageRequest {
  const field: OrderField = args.orderBy?.field === 'AMOUNT' ? 'baseAmount' : 'createdAt';
  const descending = args.orderBy?.direction !== 'ASC';
  const { first, last } = args;
  if (first != null && last != null) throw badUserInput('Give first or last, not both.', ['last']);
  const fromEnd = last != null;
  const count = last ?? first ?? PAGE_DEFAULT;
  if (count < 1 || count > PAGE_MAX) {
    const name = fromEnd ? 'last' : 'first';
    throw badUserInput(`${name} must be from 1 to ${PAGE_MAX}.`, [name]);
  }
  const sort = sortName(field, descending);
  const after = args.after == null ? undefined : readCursor(args.after, sort, 'after');
  const before = args.before == null ? undefined : readCursor(args.before, sort, 'before');
  return { field, descending, after, before, count, fromEnd };
}

function sortName(field: OrderField, descending: boolean): string {
  return `${field}:${descending ? 'desc' : 'asc'}`;
}

function writeCursor({ field, descending }: PageRequest, row: TransactionRow): string {
  const value = row[field];
  const text = typeof value === 'bigint' ? value.toString() : value.toISOString();
  return Buffer.from(JSON.stringify([sortName(field, descending), text, row.id])).toString('base64url');
}

function readCursor(cursor: string, sort: string, argument: string): Key {
  const [name, text, id] = decode(cursor);
  const value = name?.startsWith('createdAt') ? readInstant(text) : readMinorUnits(text);
  if (value === undefined || !id || !isId(id))
    throw badUserInput(`${argument} is not a cursor of this list.`, [argument]);
  if (name !== sort) throw badUserInput(`${argument} is a cursor of a list in another order.`, [argument]);
  return { value, id };
}

function decode(cursor: string): ReadonlyArray<string | undefined> {
  try {
    const parts: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString());
    return Array.isArray(parts) ? parts.map((part) => (typeof part === 'string' ? part : undefined)) : [];
  } catch {
    return [];
  }
}

function readInstant(text: string | undefined): Date | undefined {
  const instant = new Date(text ?? '');
  return isStorable(instant) && instant.toISOString() === text ? instant : undefined;
}

function readMinorUnits(text: string | undefined): bigint | undefined {
  return /^-?[0-9]{1,18}$/.test(text ?? '') ? BigInt(text as string) : undefined;
}

function readFilter(filter: TransactionFilterInput | undefined, base: string): TransactionCriteria {
  if (!filter) return {};
  const { amount, createdAt, fraudScore, ...lists } = filter;
  for (const category of lists.merchantCategory ?? [])
    checkCategory(category, ['filter', 'merchantCategory']);
  return {
    ...withoutNulls(lists),
    createdAt: withoutNulls(createdAt ?? {}),
    fraudScore: withoutNulls(fraudScore ?? {}),
    baseAmount: {
      gte: amount?.gte == null ? undefined : readBound(amount.gte, base, 'gte'),
      lt: amount?.lt == null ? undefined : readBound(amount.lt, base, 'lt'),
    } satisfies Range<bigint>,
  };
}

function readBound(text: string, base: string, bound: string): bigint {
  return readAmount(text, base, `amount.${bound}`, ['filter', 'amount', bound]);
}

/** In GraphQL an input may be omitted or null; here both mean that nothing is asked. */
function withoutNulls<T extends object>(values: T): { [K in keyof T]?: NonNullable<T[K]> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value != null)) as never;
}
