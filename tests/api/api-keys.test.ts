import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ApiKey } from '../../src/access/api-key.js';
import { type Scope, scopes } from '../../src/access/scopes.js';
import { Event } from '../../src/events/event.js';
import { readPayload } from '../../src/events/payload.js';
import { keysCommand } from '../../src/keys-command.js';
import { keyWith, listKeys, mutateKeys } from '../support/api-keys.js';
import { NOON, startApp, type TestApp } from '../support/app.js';
import { databases } from '../support/databases.js';
import { askAs, tokenEnvironment, withKey } from '../support/principals.js';
import { until } from '../support/processes.js';

const NO_ID = '00000000-0000-7000-8000-000000000000';
const VIEWER = '{ viewer { id kind scopes expiresAt } }';
const RATES = '{ exchangeRates { currency } }';
const HOUR_MS = 3_600_000;

describe.each(databases)('API keys on $name', (kind) => {
  let test: TestApp;
  const statusOf = async (key: string, on: Pick<TestApp, 'app'> = test) =>
    (await askAs(on, withKey(key), RATES)).status;
  const actions = async () => {
    const events = await test.orm.em
      .fork()
      .find(Event, { type: { $like: 'API_KEY%' } }, { orderBy: { position: 1 } });
    return events.map(({ type, payload }) => {
      const { apiKey, actor } = readPayload(payload);
      return [type, apiKey?.id, apiKey?.scopes, actor];
    });
  };
  const keysInDatabase = () =>
    test.orm.em.fork().find(ApiKey, {}, { orderBy: { id: 1 }, disableIdentityMap: true });
  beforeAll(async () => {
    test = await startApp(kind, { ...tokenEnvironment, ACCESS_CHECK_INTERVAL: '50' });
  });
  afterAll(() => test.close());

  it('are made with some scopes, told once, and kept only as a digest', async () => {
    const input = { name: 'the shop’s backend', scopes: ['TRANSACTIONS_READ', 'USERS_READ', 'USERS_READ'] };
    const { apiKey, key, userErrors } = await mutateKeys(test, 'createApiKey', input);
    expect(userErrors).toEqual([]);
    expect(apiKey).toEqual({
      id: expect.any(String),
      name: 'the shop’s backend',
      scopes: ['USERS_READ', 'TRANSACTIONS_READ'],
      expiresAt: null,
      previousExpiresAt: null,
      revokedAt: null,
      lastUsedAt: null,
      createdBy: 'api-key:1',
      createdAt: NOON,
      updatedAt: NOON,
    });
    expect(key).toMatch(/^dompet_[\w-]{43}$/);
    const [row] = await keysInDatabase();
    expect(row?.hash).toBe(createHash('sha256').update(key).digest('hex'));
    expect(JSON.stringify(row)).not.toContain(key);
    expect(await listKeys(test)).toEqual([apiKey]);
    expect((await askAs(test, withKey(key), VIEWER)).data.viewer).toEqual({
      id: `key:${apiKey.id}`,
      kind: 'SERVICE',
      scopes: ['USERS_READ', 'TRANSACTIONS_READ'],
      expiresAt: null,
    });
    expect((await actions()).at(-1)).toEqual([
      'API_KEY_CREATED',
      apiKey.id,
      ['users:read', 'transactions:read'],
      'api-key:1',
    ]);
  });

  it('are refused when anything about them is wrong, and nothing is written', async () => {
    const limited = await keyWith(test, ['KEYS_MANAGE', 'USERS_READ']);
    const full = await keyWith(test, ['USERS_READ', 'WEBHOOKS_MANAGE']);
    const revoked = await keyWith(test, ['USERS_READ']);
    await mutateKeys(test, 'revokeApiKey', { id: revoked.id });
    const before = [await keysInDatabase(), await actions()];
    const good = { name: 'n', scopes: ['USERS_READ'] };
    const cases: ReadonlyArray<readonly [string, string, object, readonly string[], string?]> = [
      ['createApiKey', 'INVALID_KEY_NAME', { ...good, name: ' ' }, ['input', 'name']],
      ['createApiKey', 'INVALID_KEY_NAME', { ...good, name: 'x'.repeat(101) }, ['input', 'name']],
      ['createApiKey', 'INVALID_KEY_NAME', { ...good, name: 'a\nb' }, ['input', 'name']],
      ['createApiKey', 'INVALID_SCOPES', { ...good, scopes: [] }, ['input', 'scopes']],
      ['createApiKey', 'INVALID_EXPIRY', { ...good, expiresAt: NOON }, ['input', 'expiresAt']],
      [
        'createApiKey',
        'SCOPE_NOT_HELD',
        { ...good, scopes: ['USERS_WRITE'] },
        ['input', 'scopes'],
        limited.key,
      ],
      ['rotateApiKey', 'SCOPE_NOT_HELD', { id: full.id }, ['input', 'scopes'], limited.key],
      [
        'rotateApiKey',
        'INVALID_SECRET_OVERLAP',
        { id: full.id, overlapHours: 169 },
        ['input', 'overlapHours'],
      ],
      [
        'rotateApiKey',
        'INVALID_SECRET_OVERLAP',
        { id: full.id, overlapHours: -1 },
        ['input', 'overlapHours'],
      ],
      ['rotateApiKey', 'API_KEY_NOT_FOUND', { id: NO_ID }, ['input', 'id']],
      ['revokeApiKey', 'API_KEY_NOT_FOUND', { id: "' or 1=1 --" }, ['input', 'id']],
      ['revokeApiKey', 'API_KEY_REVOKED', { id: revoked.id }, ['input', 'id']],
      ['rotateApiKey', 'API_KEY_REVOKED', { id: revoked.id }, ['input', 'id']],
    ];
    for (const [name, code, input, path, key] of cases) {
      const payload = await mutateKeys(test, name, input, withKey(key));
      expect([payload.userErrors.length, payload.userErrors[0]?.code, payload.userErrors[0]?.path]).toEqual([
        1,
        code,
        path,
      ]);
      expect([payload.apiKey, payload.key ?? null]).toEqual([null, null]);
    }
    expect([await keysInDatabase(), await actions()]).toEqual(before);
  });

  it('are replaced by rotation, and for the overlap both are recognised', async () => {
    const { key: old, id } = await keyWith(test, ['USERS_READ']);
    const { key, apiKey } = await mutateKeys(test, 'rotateApiKey', { id, overlapHours: 1 });
    expect(key).not.toBe(old);
    expect(apiKey.previousExpiresAt).toBe(new Date(test.clock.now().getTime() + HOUR_MS).toISOString());
    expect([await statusOf(old), await statusOf(key)]).toEqual([200, 200]);
    test.clock.advance(HOUR_MS - 1);
    expect(await statusOf(old)).toBe(200);
    test.clock.advance(1);
    expect([await statusOf(old), await statusOf(key)]).toEqual([401, 200]);
    const again = await mutateKeys(test, 'rotateApiKey', { id, overlapHours: 0 });
    expect([await statusOf(key), await statusOf(again.key)]).toEqual([401, 200]);
    expect((await actions()).slice(-2).map(([type]) => type)).toEqual(['API_KEY_ROTATED', 'API_KEY_ROTATED']);
  });

  it('end when they are revoked, the one before included', async () => {
    const { key: old, id } = await keyWith(test, ['USERS_READ']);
    const { key } = await mutateKeys(test, 'rotateApiKey', { id });
    const { apiKey } = await mutateKeys(test, 'revokeApiKey', { id });
    expect(apiKey.revokedAt).toBe(test.clock.now().toISOString());
    expect([await statusOf(old), await statusOf(key)]).toEqual([401, 401]);
    expect((await listKeys(test)).map((listed) => listed.id)).not.toContain(id);
    expect((await askAs(test, withKey(), `{ apiKey(id: "${id}") { revokedAt } }`)).data.apiKey).toEqual({
      revokedAt: apiKey.revokedAt,
    });
  });

  it('end when they expire', async () => {
    const expiresAt = new Date(test.clock.now().getTime() + 1_000).toISOString();
    const { key } = await keyWith(test, ['USERS_READ'], { expiresAt });
    expect((await askAs(test, withKey(key), VIEWER)).data.viewer.expiresAt).toBe(expiresAt);
    test.clock.advance(1_000);
    expect(await statusOf(key)).toBe(401);
  });

  it('are known to every server on the database, and so is their end', async () => {
    const beside = await test.startBeside();
    const { key, id } = await keyWith(test, ['USERS_READ']);
    await until(async () => (await statusOf(key, beside)) === 200, 'the key being known');
    await mutateKeys(beside, 'revokeApiKey', { id });
    expect(await statusOf(key, beside)).toBe(401);
    await until(async () => (await statusOf(key)) === 401, 'its end being known');
    await beside.app.close();
  });

  it('say when they were last used', async () => {
    const beside = await test.startBeside();
    const { key, id } = await keyWith(beside, ['USERS_READ']);
    expect(await statusOf(key, beside)).toBe(200);
    // What is not written yet is written when the server closes.
    await beside.app.close();
    const listed = (await listKeys(test)).find((one) => one.id === id);
    expect(listed.lastUsedAt).toBe(test.clock.now().toISOString());
  });

  it('are made, listed, rotated and revoked from the command line', async () => {
    const told = await keysCommand(test.orm, [
      'create',
      '--name',
      'cron',
      '--scope',
      'users:read',
      '--scope',
      'fraud:read',
    ]);
    const [line = '', , key = ''] = told.split('\n');
    const id = line.slice(0, 36);
    expect(line).toBe(`${id}  "cron"  never expires  never used  users:read fraud:read`);
    await until(async () => (await statusOf(key)) === 200, 'the key being known');
    expect(await keysCommand(test.orm, ['list'])).toContain(line);
    const rotated = (await keysCommand(test.orm, ['rotate', id, '--overlap-hours', '0'])).split(
      '\n',
    )[2] as string;
    await until(
      async () => (await statusOf(key)) === 401 && (await statusOf(rotated)) === 200,
      'the rotation being known',
    );
    expect(await keysCommand(test.orm, ['revoke', id])).toMatch(`Revoked: ${id}  "cron"`);
    await until(async () => (await statusOf(rotated)) === 401, 'its end being known');
    expect((await actions()).slice(-3)).toEqual(
      ['CREATED', 'ROTATED', 'REVOKED'].map((verb) => [
        `API_KEY_${verb}`,
        id,
        ['users:read', 'fraud:read'] satisfies Scope[],
        'command-line',
      ]),
    );
  });

  it.each([
    [[], /^npm run keys -- list/],
    [['destroy'], /^npm run keys/],
    [['constructor'], /^npm run keys/],
    [['create', '--nmae', 'x'], /^Unknown option '--nmae'/],
    [['create', '--name', 'x'], /^scopes must name at least one scope\./],
    [['create', '--name', 'x', '--scope', 'users'], /^There is no scope users\./],
    [['create', '--name', 'x', '--scope', 'all', '--expires-in-days', '0'], /^--expires-in-days must be/],
    [['rotate', NO_ID], /^There is no API key/],
    [['rotate', NO_ID, '--overlap-hours', 'x'], /^--overlap-hours must be/],
    [['revoke'], /^There is no API key ""\./],
  ])('are not changed by the command %j', async (args, message) => {
    const before = await keysInDatabase();
    await expect(keysCommand(test.orm, args)).rejects.toMatchObject({
      name: 'ConfigError',
      message: expect.stringMatching(message),
    });
    expect(await keysInDatabase()).toEqual(before);
  });

  it('of the configuration have every scope', async () => {
    expect((await askAs(test, withKey(), VIEWER)).data.viewer).toMatchObject({
      id: 'api-key:1',
      scopes: scopes.map((scope) => scope.replace(':', '_').toUpperCase()),
    });
  });

  it('are never more than a thousand', async () => {
    const em = test.orm.em.fork();
    const now = test.clock.now();
    const living = (await listKeys(test)).length;
    const rows = Array.from({ length: 1_000 - living }, (_, index) => ({
      id: `${NO_ID.slice(0, 28)}${index.toString(16).padStart(8, '0')}`,
      name: 'many',
      scopes: ['users:read' as const],
      hash: createHash('sha256').update(`many ${index}`).digest('hex'),
      previousHash: null,
      previousExpiresAt: null,
      expiresAt: null,
      revokedAt: null,
      lastUsedAt: null,
      createdBy: 'test',
      createdAt: now,
      updatedAt: now,
    }));
    await em.insertMany(ApiKey, rows, { batchSize: 100 } as never);
    const { userErrors } = await mutateKeys(test, 'createApiKey', { name: 'x', scopes: ['USERS_READ'] });
    expect(userErrors.map(({ code }: { code: string }) => code)).toEqual(['API_KEY_LIMIT_REACHED']);
    expect((await keysInDatabase()).filter(({ revokedAt }) => !revokedAt).length).toBe(1_000);
  });
});
