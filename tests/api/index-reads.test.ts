import { expect, it } from '@jest/globals';
import { query } from '../../src/db/dialect.js';
import { callsOf } from '../support/api.js';
import { startApp } from '../support/app.js';
import { databases } from '../support/databases.js';

const TABLES = ['users', 'transactions', 'postings', 'events', 'event_log_head', 'activity_sums', 'rollups'];
/** PostgreSQL settles on one plan for all values when it has run a prepared statement five times. */
const ENOUGH_FOR_A_KEPT_PLAN = 8;

interface Scans {
  readonly relname: string;
  readonly seq_scan: string;
  readonly idx_scan: string;
}

it.each(databases.filter(({ name }) => name === 'postgresql'))(
  'no plan that was made while the tables were small reads them whole',
  async (kind) => {
    await using test = await startApp(kind, { ROLLUP_INTERVAL: '10' });
    await test.app.close();
    const ask = <Row>(sql: string) => query<Row>(test.orm.em.fork(), sql, []);
    // Empty and known to be: nothing is cheaper to read than a table of no pages.
    await ask('vacuum analyze');
    await ask('select pg_stat_reset()');

    const server = await test.startBeside();
    const calls = callsOf({ ...test, ...server });
    const userId = await calls.newUser({ funds: '1000.00' });
    for (let made = 0; made < ENOUGH_FOR_A_KEPT_PLAN; made += 1) {
      const { transaction } = await calls.purchase(userId, `${made + 1}.00 MYR`);
      await server.graphql(
        `{ transaction(id: "${transaction.id}") { id } balance(userId: "${userId}") { version } }`,
      );
      await server.graphql(`{ transactions(userId: "${userId}", first: 5) { nodes { id } } }`);
    }
    // What a connection has counted is told at the latest when it ends.
    await server.app.close();

    const scans = await ask<Scans>(
      `select relname, seq_scan, idx_scan from pg_stat_user_tables where relname in ('${TABLES.join("', '")}')`,
    );
    expect(Object.fromEntries(scans.map(({ relname, seq_scan }) => [relname, Number(seq_scan)]))).toEqual(
      Object.fromEntries(TABLES.map((table) => [table, 0])),
    );
    const indexed = new Map(scans.map(({ relname, idx_scan }) => [relname, Number(idx_scan)]));
    for (const table of ['users', 'transactions', 'events', 'event_log_head', 'activity_sums'])
      expect(indexed.get(table)).toBeGreaterThanOrEqual(ENOUGH_FOR_A_KEPT_PLAN);
  },
);
