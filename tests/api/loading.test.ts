import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import Database from 'better-sqlite3';
import pg from 'pg';
import { type Calls, callsOf, type Told } from '../support/api.js';
import { startApp, type TestApp } from '../support/app.js';
import { databases } from '../support/databases.js';

const DOCUMENT = `query($first: Int!, $filter: TransactionFilter) { transactions(first: $first, filter: $filter) { nodes {
  id type user { id fullName balance { available { amount } } }
  originalTransaction { id user { id } refunds { id } } refunds { id user { id } originalTransaction { id } } } } }`;

describe.each(databases)('loading of relations on $name', (kind) => {
  let test: TestApp;
  let call: Calls;
  beforeAll(async () => {
    // Nothing that looks now and then disturbs the count.
    test = await startApp(kind, {
      EVENT_POLL_INTERVAL: '600000',
      ROLLUP_INTERVAL: '600000',
      WEBHOOK_POLL_INTERVAL: '600000',
    });
    call = callsOf(test);
    await Promise.all(
      Array.from({ length: 25 }, async () => {
        const userId = await call.newUser({ funds: '10.00' });
        const { id } = (await call.purchase(userId, '5.00 MYR')).transaction;
        await call.refund(id, '1.00 MYR');
        await call.refund(id, '2.00 MYR');
      }),
    );
  });
  afterAll(() => test.close());

  /** The statements that the database gets while something is asked. */
  async function statementsOf(asked: () => Promise<unknown>): Promise<readonly string[]> {
    const spy =
      kind.name === 'sqlite'
        ? jest.spyOn(Database.prototype, 'prepare')
        : jest.spyOn(pg.Client.prototype as { query: (...given: unknown[]) => unknown }, 'query');
    try {
      await asked();
      return spy.mock.calls.map(([first]) =>
        typeof first === 'string' ? first : (first as { text: string }).text,
      );
    } finally {
      spy.mockRestore();
    }
  }

  it('takes as many statements for 50 transactions as for 5', async () => {
    const filter = { type: ['REFUND'] };
    const answers: Told[] = [];
    const ask = (first: number) => async () => answers.push(await call.query(DOCUMENT, { first, filter }));
    const few = await statementsOf(ask(5));
    const many = await statementsOf(ask(50));
    // The page, its users, its purchases and their refunds.
    expect([few.length, many.length]).toEqual([4, 4]);
    const [small, large] = answers.map(({ transactions }) => transactions.nodes);
    expect([small.length, large.length]).toEqual([5, 50]);
    expect(new Set(large.map(({ user }: Told) => user.id)).size).toBe(25);
    for (const { user, originalTransaction, refunds } of large) {
      expect(refunds).toEqual([]);
      expect(originalTransaction.user.id).toBe(user.id);
      expect(originalTransaction.refunds).toHaveLength(2);
    }
  });
});
