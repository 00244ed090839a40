import { setImmediate } from 'node:timers/promises';
import type { EntityManager } from '@mikro-orm/core';
import { isUserId } from '../ledger/user.js';
import { type Key, listTransactions, type TransactionCriteria } from '../queries/list-transactions.js';
import type { Format } from './formats.js';

/** Few enough that others are served between two pages. */
const PAGE_ROWS = 500;

/**
 * All transactions that meet the criteria and were made by `now`, oldest first, as pieces of a file. Each page is a query
 * of its own, asked when the piece before has been taken: memory does not grow with the file, and no connection is held.
 */
export async function* exportTransactions(
  em: EntityManager,
  criteria: TransactionCriteria,
  format: Format,
  base: string,
  now: Date,
): AsyncGenerator<string, void> {
  let { head } = format;
  let after: Key | undefined;
  let more = criteria.userId === undefined || isUserId(criteria.userId);
  if (!more) yield head;
  // What is made meanwhile is not waited for: the file has an end.
  const end = Math.min(criteria.createdAt?.lt?.getTime() ?? Number.POSITIVE_INFINITY, now.getTime() + 1);
  const bounded = { ...criteria, createdAt: { ...criteria.createdAt, lt: new Date(end) } };
  while (more) {
    const request = {
      field: 'createdAt',
      descending: false,
      after,
      count: PAGE_ROWS,
      fromEnd: false,
    } as const;
    const page = await listTransactions(em, bounded, request);
    yield head + format.write(page.rows, base);
    head = '';
    const last = page.rows.at(-1);
    after = last && { value: last.createdAt, id: last.id };
    more = page.more;
    // SQLite answers within the same turn of the event loop; others get theirs here.
    if (more) await setImmediate();
  }
}
