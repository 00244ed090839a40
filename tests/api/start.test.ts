import { createServer, type Server } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { buildApp } from '../../src/app.js';
import { loadConfig } from '../../src/config.js';
import { connect } from '../../src/database.js';
import { createLogger } from '../../src/log.js';
import { databases } from '../support/databases.js';

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
