import { once } from 'node:events';
import { createConnection } from 'node:net';
import { afterAll, describe, expect, it } from '@jest/globals';
import { type App, buildApp } from '../../src/app.js';
import { type Config, DEVELOPMENT_KEY, loadConfig } from '../../src/config.js';
import { connect } from '../../src/database.js';
import { Transaction } from '../../src/ledger/transaction.js';
import { createLogger } from '../../src/log.js';
import { callsOf, money, type Told } from '../support/api.js';
import { FakeClock, NOON, send, startApp } from '../support/app.js';
import { databases, type TestDatabase } from '../support/databases.js';

describe.each(databases)('starting and stopping on $name', (kind) => {
  const dropped: TestDatabase[] = [];
  afterAll(async () => {
    for (const database of dropped) await database.drop();
  });

  const freshDatabase = async (): Promise<TestDatabase> => {
    const database = await kind.create();
    dropped.push(database);
    return database;
  };
  const configOf = ({ url }: TestDatabase, environment: Record<string, string> = {}): Config =>
    loadConfig({ NODE_ENV: 'test', PORT: '0', DATABASE_URL: url, LOG_LEVEL: 'silent', ...environment });
  const start = (config: Config): Promise<App> =>
    buildApp(config, { clock: new FakeClock(NOON), log: createLogger('silent') });
  const ask = async (app: App, document: string): Promise<Told> => {
    const { data, errors } = await send(app.url, document, undefined, DEVELOPMENT_KEY);
    expect(errors).toEqual([]);
    return data;
  };

  const SEEDED = `{ a: user(id: "user-001") { balance { available { amount currency } version } transactions { nodes { type amount { amount } } } }
    b: user(id: "user-002") { balance { available { amount currency } version } }
    c: user(id: "user-003") { balance { available { amount currency } version } } }`;

  it('gives each demo user the opening balance exactly once, however often it starts', async () => {
    const config = configOf(await freshDatabase());
    const opening = (text: string) => ({ balance: { available: money(text), version: 1 } });
    const expected = {
      a: {
        ...opening('1000.00 MYR'),
        transactions: { nodes: [{ type: 'TOP_UP', amount: { amount: '1000.00' } }] },
      },
      b: opening('500.00 SGD'),
      c: opening('250.00 USD'),
    };
    for (let count = 0; count < 2; count += 1) {
      const app = await start(config);
      expect(await ask(app, SEEDED)).toEqual(expected);
      await app.close();
    }
    const last = await start(config);
    await ask(
      last,
      `mutation { createTransaction(input: { userId: "user-001", type: WITHDRAWAL,
        amount: { amount: 1000, currency: "MYR" }, idempotencyKey: "all" }) { replayed } }`,
    );
    await last.close();
    const again = await start(config);
    expect((await ask(again, SEEDED)).a.balance).toEqual({ available: money('0.00 MYR'), version: 2 });
    await again.close();
  });

  it('makes no demo users unless it is asked to', async () => {
    const app = await start(configOf(await freshDatabase(), { SEED_DEMO_DATA: 'false' }));
    expect(await ask(app, '{ user(id: "user-001") { id } transactions { nodes { id } } }')).toEqual({
      user: null,
      transactions: { nodes: [] },
    });
    await app.close();
  });

  it('refuses to start with another base currency than the database keeps, and names the variable', async () => {
    const database = await freshDatabase();
    await (await start(configOf(database))).close();
    const other = configOf(database, { BASE_CURRENCY: 'SGD', EXCHANGE_RATE_MYR_TO_SGD: '0.28' });
    await expect(start(other)).rejects.toMatchObject({
      name: 'ConfigError',
      message: expect.stringMatching(/^BASE_CURRENCY is SGD, but this database keeps its amounts in MYR/),
    });
    const app = await start(configOf(database));
    expect((await ask(app, SEEDED)).a.balance.version).toBe(1);
    await app.close();
  });

  it('keeps amounts in another base currency when it starts so', async () => {
    const config = configOf(await freshDatabase(), {
      BASE_CURRENCY: 'USD',
      EXCHANGE_RATE_MYR_TO_USD: '0.25',
      EXCHANGE_RATE_SGD_TO_USD: '0.75',
      MAX_TRANSACTION_AMOUNT: '1000',
    });
    const app = await start(config);
    const { exchangeRates, a } = await ask(app, `{ exchangeRates { currency base rate } ${SEEDED.slice(1)}`);
    expect(exchangeRates).toContainEqual({ currency: 'MYR', base: 'USD', rate: '0.25' });
    expect(a.balance.available).toEqual(money('1000.00 MYR'));
    const { createTransaction } = await ask(
      app,
      `mutation { createTransaction(input: { userId: "user-001", type: TOP_UP,
        amount: { amount: "4000.04", currency: "MYR" }, idempotencyKey: "k" }) { userErrors { code } } }`,
    );
    expect(createTransaction.userErrors).toEqual([{ code: 'AMOUNT_ABOVE_MAXIMUM' }]);
    await app.close();
  });

  it('finishes what it accepted before it closes: every answer and the database agree', async () => {
    const test = await startApp(kind);
    const call = callsOf(test);
    const userIds = await Promise.all(Array.from({ length: 5 }, () => call.newUser()));
    const keys = Array.from({ length: 50 }, (_, index) => `key-${index}`);
    const asked = keys.map((idempotencyKey, index) =>
      test.graphql(
        `mutation { createTransaction(input: { userId: "${userIds[index % 5]}", type: TOP_UP,
          amount: { amount: 1, currency: "MYR" }, idempotencyKey: "${idempotencyKey}" }) { transaction { status } } }`,
      ),
    );
    await Promise.race(asked);
    const [settled] = await Promise.all([Promise.allSettled(asked), test.app.close()]);
    const done = settled.map((each): boolean => {
      if (each.status === 'rejected') return false;
      const { data, errors } = each.value;
      if (errors.length === 0) {
        expect(data.createTransaction.transaction.status).toBe('COMPLETED');
        return true;
      }
      expect(errors.map(({ extensions }) => extensions.code)).toEqual(['OVERLOADED']);
      return false;
    });
    expect(done).toContain(true);
    const kept = await test.orm.em.fork().find(Transaction, {});
    expect(kept.map(({ idempotencyKey }) => idempotencyKey).sort()).toEqual(
      keys.filter((_, index) => done[index]).sort(),
    );
    await test.close();
  });

  it('waits for no connection that never asked for anything', async () => {
    const app = await start(configOf(await freshDatabase()));
    const socket = createConnection(Number(new URL(app.url).port), '127.0.0.1');
    await once(socket, 'connect');
    // Whatever is asked later over another connection shows that the server has taken this one in.
    expect((await fetch(`${app.url}/health/live`)).status).toBe(200);
    const closed = once(socket, 'close');
    await app.close();
    await closed;
  });

  it('refuses connections once it is closed, and closes twice without harm', async () => {
    const config = configOf(await freshDatabase());
    const app = await start(config);
    await app.close();
    await app.close();
    await expect(fetch(`${app.url}/health`)).rejects.toThrow();
    const orm = await connect(config);
    expect(await orm.em.fork().count(Transaction)).toBe(3);
    await orm.close();
  });
});
