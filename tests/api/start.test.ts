import { createServer, type Server } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { buildApp } from '../../src/app.js';
import { loadConfig } from '../../src/config.js';
import { connect } from '../../src/database.js';
import { query } from '../../src/db/dialect.js';
import { createLogger } from '../../src/log.js';
import { type DatabaseKind, databases } from '../support/databases.js';

const postgresql = databases.find(({ name }) => name === 'postgresql') as DatabaseKind;

describe('a start that cannot succeed', () => {
  let occupied: Server;
  let port: string;
  beforeAll(async () => {
    occupied = createServer();
    await new Promise<void>((resolve) => occupied.listen(0, '127.0.0.1', resolve));
    port = String((occupied.address() as { port: number }).port);
  });
  afterAll(() => new Promise((resolve) => occupied.close(resolve)));

  it.each([
    [
      'postgresql://someone:secret@127.0.0.1:1/nowhere',
      /^DATABASE_URL names a database that cannot be opened: /,
    ],
    [
      'sqlite:/there/is/no/such/folder/dompet.db',
      /^DATABASE_URL names a database that cannot be opened: .*directory/,
    ],
  ])('names DATABASE_URL when %s cannot be opened, and never its password', async (databaseUrl, message) => {
    const refused = await connect({ databaseUrl, databasePoolMax: 4 }).catch((error: unknown) => error);
    expect(refused).toMatchObject({ name: 'ConfigError', message: expect.stringMatching(message) });
    expect(String(refused)).not.toContain('secret');
  });

  it('does not go on without TLS that DATABASE_URL asks for', async () => {
    const database = await postgresql.create();
    const databaseUrl = `${database.url}?sslmode=verify-full`;
    await expect(connect({ databaseUrl, databasePoolMax: 4 })).rejects.toMatchObject({
      name: 'ConfigError',
      message:
        'DATABASE_URL names a database that cannot be opened: The server does not support SSL connections.',
    });
    await database.drop();
  });

  it('names HOST and PORT when the address is taken, and leaves nothing open', async () => {
    const database = await (databases[0] as (typeof databases)[number]).create();
    const environment = { NODE_ENV: 'test', PORT: port, DATABASE_URL: database.url, LOG_LEVEL: 'silent' };
    const config = loadConfig(environment);
    await expect(buildApp(config, { log: createLogger('silent') })).rejects.toMatchObject({
      name: 'ConfigError',
      message: `HOST and PORT name an address where the server cannot listen: listen EADDRINUSE: address already in use 127.0.0.1:${port}.`,
    });
    await database.drop();
  });
});

it('heeds what DATABASE_URL asks of a connection, beside what every connection has', async () => {
  const database = await postgresql.create();
  const databaseUrl = `${database.url}?application_name=wallets&options=-c%20search_path%3Delsewhere`;
  const orm = await connect({ databaseUrl, databasePoolMax: 4 });
  const names = ['application_name', 'search_path', 'enable_seqscan', 'jit'];
  const values = names.map((name) => `current_setting('${name}') as ${name}`);
  expect(await query(orm.em.fork(), `select ${values.join(', ')}`, [])).toEqual([
    { application_name: 'wallets', search_path: 'elsewhere', enable_seqscan: 'off', jit: 'off' },
  ]);
  await orm.close();
  await database.drop();
});
