import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DriverException, type MikroORM } from '@mikro-orm/core';
import { connect, migrate } from '../../src/database.js';
import { query } from '../../src/db/dialect.js';
import { User } from '../../src/ledger/user.js';
import { createLogger } from '../../src/log.js';
import { makeUser } from '../support/ledger.js';

/** A logger, and the objects that it has written. */
function recorder(level = 'info') {
  const lines: string[] = [];
  const log = createLogger(level, { write: (line: string) => void lines.push(line) });
  return { log, lines, entries: () => lines.map((line) => JSON.parse(line)) };
}

describe('the log', () => {
  it('has one JSON object a line, with level and time', () => {
    const { log, lines, entries } = recorder();
    log.info({ port: 4000 }, 'ready');
    log.debug('unseen');
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/^\{.*\}\n$/);
    const [{ time, ...entry }] = entries();
    expect(entry).toEqual({ level: 'info', port: 4000, msg: 'ready' });
    expect(new Date(time).toISOString()).toBe(time);
  });

  it.each(['apiKey', 'x-api-key', 'authorization', 'email', 'emailKey', 'fullName', 'password', 'secret'])(
    'masks %s at any of the depths that are logged',
    (name) => {
      const { log, lines, entries } = recorder();
      const secret = { [name]: 'hush-hush' };
      log.info(secret);
      log.info({ user: secret });
      log.info({ request: { headers: secret } });
      expect(lines.join('')).not.toContain('hush-hush');
      expect(entries()[0][name]).toBe('[masked]');
      expect(entries()[2].request.headers[name]).toBe('[masked]');
    },
  );

  it('masks e-mail addresses in the messages of errors', () => {
    const { log, entries } = recorder();
    log.error({ err: new TypeError('no room for alice.tan+x@example.com.my, or <bob@example.com>') });
    const [{ err }] = entries();
    expect(err.type).toBe('TypeError');
    expect(err.message).not.toContain('@');
    expect(err.message).toMatch(/^no room for \[masked\] or .*\[masked\]/);
  });

  it('tells type, code and where, but not the message again in the stack', () => {
    const { log, entries } = recorder();
    log.error({ err: Object.assign(new Error('it broke\nat bob@example.com'), { code: 'E_BROKE' }) });
    const [{ err }] = entries();
    expect(err).toMatchObject({ type: 'Error', code: 'E_BROKE' });
    expect(err.stack).toMatch(/^\s+at /);
    expect(err.stack).not.toContain('it broke');
  });

  it('tells what is thrown without being an error', () => {
    const { log, entries } = recorder();
    log.error({ err: 'alice@example.com left' });
    expect(entries()[0].err).toEqual({ message: '[masked] left' });
  });
});

describe('a database error in the log', () => {
  let directory: string;
  let orm: MikroORM;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'dompet-log-'));
    orm = await connect({ databaseUrl: `sqlite:${join(directory, 'log.db')}`, databasePoolMax: 4 });
    await migrate(orm);
    await orm.em.fork().insert(User, { ...makeUser() });
  });

  afterAll(async () => {
    await orm.close();
    await rm(directory, { recursive: true, force: true });
  });

  const secrets = { id: 'bob', email: 'ALICE@example.com', fullName: 'Bob - Hush - Hush' };

  it.each([
    [
      'a row that is not unique',
      () => orm.em.fork().insert(User, { ...makeUser(secrets) }),
      'UNIQUE constraint failed: users.email_key',
    ],
    [
      'a balance that is broken',
      () => orm.em.fork().insert(User, { ...makeUser({ ...secrets, emailKey: 'b@x.my', held: 200_000n }) }),
      'CHECK constraint failed: users_balance_check',
    ],
    [
      'a statement that is wrong',
      () => query(orm.em.fork(), 'select * from nowhere where full_name = ?', ['Bob - Hush - Hush']),
      'no such table: nowhere',
    ],
  ])('of %s tells what the database said, and none of the values', async (_name, provoke, said) => {
    const error = await provoke().then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(DriverException);
    const { log, lines, entries } = recorder();
    log.error({ err: error }, 'a batch failed');
    const [{ err }] = entries();
    expect(err.message).toBe(said);
    for (const word of ['Hush', 'ALICE', 'alice@', 'insert into', 'select'])
      expect(lines[0]).not.toContain(word);
  });
});
