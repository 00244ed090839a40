import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { DEVELOPMENT_KEY } from '../../src/config.js';
import { dialectOf } from '../../src/db/dialect.js';
import type { TestApp } from './app.js';
import { insertRows } from './spending.js';

/** The answer to `GET /export/transactions.<what>`. */
export function exporting(url: string, what: string, headers: Record<string, string> = {}) {
  return fetch(`${url}/export/transactions.${what}`, {
    headers: { 'x-api-key': DEVELOPMENT_KEY, ...headers },
  });
}

export interface SlowExport {
  /** Reads all the rest, and settles when it ends; rejects when it is broken off. */
  readonly readOn: () => Promise<number>;
  readonly hangUp: () => void;
}

/** The same, on a connection of its own that has read only the first piece so far. */
export async function exportingSlowly(url: string, what: string): Promise<SlowExport> {
  const asked = get(`${url}/export/transactions.${what}`, {
    agent: false,
    headers: { 'x-api-key': DEVELOPMENT_KEY },
  });
  const [answer] = (await once(asked, 'response')) as [IncomingMessage];
  const pieces = answer[Symbol.asyncIterator]();
  await pieces.next();
  return {
    readOn: async () => {
      let bytes = 0;
      for await (const piece of pieces) bytes += piece.length;
      return bytes;
    },
    hangUp: () => void answer.destroy(),
  };
}

/** Gives a user so many transactions, a second apart, faster than commands could. */
export async function insertMany(test: Pick<TestApp, 'orm'>, userId: string, count: number): Promise<void> {
  await insertRows(test as TestApp, userId, [{ createdAt: new Date('2025-01-01T00:00:00Z') }]);
  const { orm } = test;
  const sqlite = dialectOf(orm.em).name === 'sqlite';
  const changed: Record<string, string> = {
    id: sqlite
      ? `'10000000-0000-7000-8000-' || printf('%012x', n)`
      : `('10000000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid`,
    idempotency_key: `'many-' || n`,
    created_at: sqlite ? 'created_at + n * 1000' : `created_at + n * interval '1 second'`,
  };
  const names = orm
    .getMetadata('Transaction' as never)
    .comparableProps.flatMap(({ fieldNames }) => fieldNames);
  const values = names.map((name) => changed[name] ?? name);
  await orm.em
    .fork()
    .getConnection()
    .execute(
      `insert into transactions (${names.join(', ')})
     with recursive series (n) as (select 1 union all select n + 1 from series where n < ${count - 1})
     select ${values.join(', ')} from transactions cross join series where user_id = '${userId}' and idempotency_key = 'row-0'`,
    );
}
