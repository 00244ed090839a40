import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createClient } from 'graphql-ws';
import pg from 'pg';
import { WebSocket } from 'ws';
import { DEVELOPMENT_KEY } from '../../src/config.js';
import { databases, type TestDatabase } from '../support/databases.js';
import { copyProgram, type Program, type ServerProcess, until } from '../support/processes.js';
import { atOnce, makeUser, topUp } from './caller.js';

/** Longer than any test: whatever arrives was not found by polling. */
const NEVER = '600000';

/** The versions of one user's balance that a subscriber was told, in the order in which it was told. */
interface Watch {
  readonly versions: number[];
  readonly stop: () => Promise<void>;
}

/** Subscribes at one server and waits until it is heard there, by making events. */
async function watch(server: ServerProcess, userId: string, make: () => Promise<unknown>): Promise<Watch> {
  const client = createClient({
    url: `${server.url.replace('http', 'ws')}/graphql`,
    connectionParams: { 'x-api-key': DEVELOPMENT_KEY },
    webSocketImpl: WebSocket,
    retryAttempts: 0,
  });
  const versions: number[] = [];
  const errors: unknown[] = [];
  client.subscribe<{ balanceUpdated: { balance: { version: number } } }>(
    {
      query: 'subscription ($id: ID!) { balanceUpdated(userId: $id) { balance { version } } }',
      variables: { id: userId },
    },
    {
      next: ({ data }) => void versions.push(data?.balanceUpdated.balance.version ?? -1),
      error: (error) => void errors.push(error),
      complete: () => undefined,
    },
  );
  await until(
    async () => {
      if (errors.length > 0) throw errors[0];
      if (versions.length > 0) return true;
      await make();
      return false;
    },
    'the first event of the subscription',
    10_000,
  );
  return { versions, stop: async () => client.dispose() };
}

/** All versions from the first that was told to the given one, each once. */
const upTo = (versions: readonly number[], last: number): number[] => {
  const first = versions[0] ?? 0;
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
};

describe('the events of another server on postgresql', () => {
  let program: Program;
  let database: TestDatabase;
  let admin: pg.Client;
  beforeAll(async () => {
    program = await copyProgram();
    database = (await databases.find(({ name }) => name === 'postgresql')?.create()) as TestDatabase;
    admin = new pg.Client({ connectionString: database.url });
    await admin.connect();
  });
  afterAll(async () => {
    await admin.end();
    await program.dispose();
    await database.drop();
  });

  const listening = async () => {
    const { rows } = await admin.query<{ pid: number }>(
      "select pid from pg_stat_activity where datname = current_database() and query like 'listen %'",
    );
    return rows.map(({ pid }) => pid);
  };
  const start = (interval: string) => program.start(database, { EVENT_POLL_INTERVAL: interval });
  const versionOf = async (userId: string) => {
    const { rows } = await admin.query('select version from users where id = $1', [userId]);
    return rows[0].version as number;
  };

  it('reach a subscriber once and in order, also after the listening connection was ended', async () => {
    const servers = await Promise.all([start(NEVER), start(NEVER)]);
    const [here, there] = servers;
    const userId = await makeUser(there, 'watched');
    const { versions, stop } = await watch(here, userId, () => topUp(there, userId, '1.00'));
    const expectAll = async () => {
      const last = await versionOf(userId);
      await until(() => versions.at(-1) === last, `version ${last}`);
      expect(versions).toEqual(upTo(versions, last));
    };
    await atOnce(100, [there], (server) => topUp(server, userId, '1.00'));
    await expectAll();
    await atOnce(100, servers, (server) => topUp(server, userId, '1.00'));
    await expectAll();
    for (let round = 0; round < 2; round += 1) {
      const before = await listening();
      expect(before).toHaveLength(2);
      await admin.query('select pg_terminate_backend(pid) from unnest($1::int[]) pid', [before]);
      // Committed while nobody listens: only reading the log after connecting again can find these.
      await atOnce(40, [there], (server) => topUp(server, userId, '1.00'));
      await expectAll();
      await until(async () => (await listening()).length === 2, 'both servers listening again');
    }
    await atOnce(40, servers, (server) => topUp(server, userId, '1.00'));
    await expectAll();
    await stop();
    await Promise.all(servers.map((server) => server.stop()));
  });

  it('are found by polling when no announcement arrives', async () => {
    const servers = await Promise.all([start('50'), start(NEVER)]);
    const [here, there] = servers;
    const userId = await makeUser(there, 'polled');
    const { versions, stop } = await watch(here, userId, () => topUp(there, userId, '1.00'));
    // An event in the log that nobody announced, as when the announcement is lost.
    await admin.query('begin');
    await admin.query("update users set version = version + 1 where id = 'polled'");
    const head = await admin.query(
      'update event_log_head set position = position + 1 returning position::int as position',
    );
    await admin.query(
      `insert into events select $1, user_id, version + 1, type, transaction_id, occurred_at,
         replace(payload, '"version":' || version, '"version":' || (version + 1)), hash
       from events where user_id = 'polled' order by position desc limit 1`,
      [head.rows[0].position],
    );
    await admin.query('commit');
    const last = await versionOf(userId);
    await until(() => versions.at(-1) === last, `version ${last}`);
    expect(versions).toEqual(upTo(versions, last));
    await stop();
    await Promise.all(servers.map((server) => server.stop()));
  });
});

describe('the events of another process on one sqlite file', () => {
  it('reach a subscriber once and in order, by polling', async () => {
    await using program = await copyProgram();
    const database = (await databases.find(({ name }) => name === 'sqlite')?.create()) as TestDatabase;
    const environment = { EVENT_POLL_INTERVAL: '50' };
    const here = await program.start(database, environment);
    const there = await program.start(database, environment);
    const userId = await makeUser(there, 'watched');
    const { versions, stop } = await watch(here, userId, () => topUp(there, userId, '1.00'));
    await atOnce(60, [there], (server) => topUp(server, userId, '1.00'));
    await atOnce(60, [here, there], (server) => topUp(server, userId, '1.00'));
    const asked = await here.request(`{ balance(userId: "${userId}") { version } }`);
    const last = asked.data.balance.version as number;
    await until(() => versions.at(-1) === last, `version ${last}`);
    expect(versions).toEqual(upTo(versions, last));
    await stop();
    await program.dispose();
    await database.drop();
  });
});
