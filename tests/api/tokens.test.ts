import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { exportJWK, exportSPKI, generateKeyPair, type JWTPayload, SignJWT, UnsecuredJWT } from 'jose';
import { callsOf } from '../support/api.js';
import { startApp, type TestApp } from '../support/app.js';
import { databases } from '../support/databases.js';
import { askAs, openAs, tokenEnvironment, tokenFor, withKey } from '../support/principals.js';

const VIEWER = '{ viewer { id kind userId scopes expiresAt } }';
const { JWT_SECRET: _secret, ...issuer } = tokenEnvironment;
const [sqlite] = databases as [(typeof databases)[number]];

const EXPIRED = 'The token has expired: get a new one.';
const INVALID = 'The token is not valid here: get one for this API from its issuer.';

describe.each(databases)('tokens by a shared secret on $name', (kind) => {
  let test: TestApp;
  let userId: string;
  const as = async (claims: JWTPayload, secret?: string) =>
    askAs(test, { authorization: `Bearer ${await tokenFor(test, claims, secret)}` }, VIEWER);
  beforeAll(async () => {
    test = await startApp(kind, tokenEnvironment);
    userId = await callsOf(test).newUser();
  });
  afterAll(() => test.close());

  it('make a customer of a subject without a role', async () => {
    expect((await as({ sub: userId })).data.viewer).toEqual({
      id: `customer:${userId}`,
      kind: 'CUSTOMER',
      userId,
      scopes: ['USERS_READ', 'TRANSACTIONS_READ', 'TRANSACTIONS_WRITE', 'ANALYTICS_READ'],
      expiresAt: '2026-03-10T05:00:30.000Z',
    });
  });

  it.each([
    ['a list', ['analyst']],
    ['a text', 'openid ANALYST'],
  ])('read a role from %s', async (_what, roles) => {
    const { viewer } = (await as({ sub: 'siti', roles })).data;
    expect(viewer).toMatchObject({ id: 'analyst:siti', kind: 'ANALYST', userId: null });
    expect(viewer.scopes).toEqual([
      'USERS_READ',
      'TRANSACTIONS_READ',
      'TRANSACTIONS_REVIEW',
      'FRAUD_READ',
      'ANALYTICS_READ',
      'REPORTS_READ',
    ]);
  });

  it('take the greater of two roles, and none that they do not know', async () => {
    expect((await as({ sub: 'root', roles: ['ANALYST', 'ADMIN'] })).data.viewer.id).toBe('admin:root');
    expect((await as({ sub: userId, roles: ['SERVICE', 'superuser', 7] })).data.viewer.kind).toBe('CUSTOMER');
  });

  it.each<[string, (now: number) => JWTPayload, string]>([
    ['that expired longer ago than clocks may differ', (now) => ({ exp: now - 31 }), EXPIRED],
    ['of another issuer', () => ({ iss: 'https://evil.example.com' }), INVALID],
    ['for another audience', () => ({ aud: 'another-api' }), INVALID],
    ['that is not yet good', (now) => ({ nbf: now + 31 }), INVALID],
    ['without an expiry', () => ({ exp: undefined as never }), INVALID],
    ['without a subject', () => ({ sub: undefined as never }), INVALID],
    [
      'whose subject cannot be kept',
      () => ({ sub: 'two words' }),
      'The token names no subject that can be kept.',
    ],
  ])('refuse one %s', async (_what, claims, message) => {
    const now = Math.floor(test.clock.now().getTime() / 1_000);
    const { data, errors, status } = await as({ sub: userId, ...claims(now) });
    expect([status, data, errors[0]?.message, errors[0]?.extensions.code]).toEqual([
      401,
      undefined,
      message,
      'UNAUTHENTICATED',
    ]);
  });

  it('take one that expired less long ago than clocks may differ', async () => {
    const now = Math.floor(test.clock.now().getTime() / 1_000);
    expect((await as({ sub: userId, exp: now - 29 })).status).toBe(200);
  });

  it('refuse another secret, another algorithm, none at all, and what is no token', async () => {
    const claims = { sub: userId, iss: issuer.JWT_ISSUER, aud: issuer.JWT_AUDIENCE };
    const exp = Math.floor(test.clock.now().getTime() / 1_000) + 60;
    const key = new TextEncoder().encode(tokenEnvironment.JWT_SECRET.repeat(2));
    const sixtyFour = await new SignJWT({ ...claims, exp }).setProtectedHeader({ alg: 'HS512' }).sign(key);
    const tokens = [
      await tokenFor(test, claims, 'another secret of thirty-two bytes'),
      sixtyFour,
      new UnsecuredJWT({ ...claims, exp }).encode(),
      'x.y.z',
      `${await tokenFor(test, claims)}x`,
    ];
    for (const token of tokens) {
      const { errors, status } = await askAs(test, { authorization: `Bearer ${token}` }, VIEWER);
      expect([status, errors[0]?.message]).toEqual([401, INVALID]);
    }
  });

  it.each(['Basic YTpi', 'Bearer', 'Bearer ', 'Bearer a b'])(
    'refuse %j in Authorization, and do not repeat it',
    async (value) => {
      const { errors, status } = await askAs(test, { authorization: value }, VIEWER);
      expect([status, errors[0]?.extensions.code]).toEqual([401, 'UNAUTHENTICATED']);
      expect(errors[0]?.message).not.toContain('YTpi');
    },
  );

  it('refuse a key and a token together', async () => {
    const token = await tokenFor(test, { sub: userId });
    const { errors, status } = await askAs(test, { ...withKey(), authorization: `Bearer ${token}` }, VIEWER);
    expect([status, errors[0]?.message]).toEqual([401, 'Send a key or a token, not both.']);
  });

  it.each(['nobody', 'SUSPENDED', 'CLOSED'])(
    'refuse a customer who is %s, on either transport',
    async (status) => {
      const call = callsOf(test);
      const sub = status === 'nobody' ? 'nobody' : await call.newUser();
      if (sub !== 'nobody') await call.setStatus(sub, status);
      const headers = { authorization: `Bearer ${await tokenFor(test, { sub })}` };
      const answer = await askAs(test, headers, VIEWER);
      expect([answer.status, answer.errors[0]?.extensions.code]).toEqual([403, 'FORBIDDEN']);
      expect(answer.errors[0]?.message).toBe('There is no active user for this token.');
      const opened = await openAs(
        test,
        headers,
        `subscription { balanceUpdated(userId: "${sub}") { cursor } }`,
      );
      expect(opened).toMatchObject({
        closed: { code: 4403, reason: 'There is no active user for this token.' },
      });
    },
  );

  it('are taken over WebSocket under the same name', async () => {
    const document = `subscription { balanceUpdated(userId: "${userId}") { balance { userId } } }`;
    const headers = { Authorization: `Bearer ${await tokenFor(test, { sub: userId })}` };
    expect(await openAs(test, headers, document)).toEqual({
      result: { data: { balanceUpdated: { balance: { userId } } } },
    });
  });
});

describe('tokens by published keys', () => {
  let publisher: Server;
  let answer: () => { status: number; body: string };
  let asked = 0;
  let test: TestApp;
  let url: string;
  const pairs = new Map<string, Awaited<ReturnType<typeof generateKeyPair>>>();
  const publish = async (...ids: string[]) => {
    const keys = await Promise.all(
      ids.map(async (kid) => ({ ...(await exportJWK((await pairOf(kid)).publicKey)), kid, use: 'sig' })),
    );
    answer = () => ({ status: 200, body: JSON.stringify({ keys }) });
  };
  async function pairOf(kid: string) {
    const pair = pairs.get(kid) ?? (await generateKeyPair('ES256', { extractable: true }));
    pairs.set(kid, pair);
    return pair;
  }
  const claims = () => ({
    sub: 'siti',
    roles: 'ANALYST',
    iss: issuer.JWT_ISSUER,
    aud: issuer.JWT_AUDIENCE,
    exp: Math.floor(test.clock.now().getTime() / 1_000) + 60,
  });
  const signed = async (kid: string) =>
    new SignJWT(claims()).setProtectedHeader({ alg: 'ES256', kid }).sign((await pairOf(kid)).privateKey);
  const askWith = async (token: string, on = test) => askAs(on, { authorization: `Bearer ${token}` }, VIEWER);

  beforeAll(async () => {
    await publish('one');
    publisher = createServer((_request, response) => {
      asked += 1;
      const { status, body } = answer();
      response.writeHead(status, { 'content-type': 'application/json' }).end(body);
    });
    await new Promise<void>((resolve) => publisher.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(publisher.address() as AddressInfo).port}/keys`;
    test = await startApp(sqlite, { ...issuer, JWT_JWKS_URL: url });
  });
  afterAll(async () => {
    await test.close();
    publisher.close();
  });

  it('are read once and remembered', async () => {
    asked = 0;
    for (let time = 0; time < 5; time += 1) {
      expect((await askWith(await signed('one'))).data.viewer.id).toBe('analyst:siti');
    }
    expect(asked).toBe(1);
  });

  it('refuse a key that is not published, and what a public key was made a secret of', async () => {
    expect((await askWith(await signed('two'))).status).toBe(401);
    const published = new TextEncoder().encode(await exportSPKI((await pairOf('one')).publicKey));
    const confused = await new SignJWT(claims())
      .setProtectedHeader({ alg: 'HS256', kid: 'one' })
      .sign(published);
    expect((await askWith(confused)).status).toBe(401);
    const none = new UnsecuredJWT(claims()).encode();
    expect((await askWith(none)).status).toBe(401);
  });

  it('are read anew when the issuer goes over to another key', async () => {
    await publish('one', 'two');
    // jose reads again for an unknown key, but not more often than every ten seconds: a fresh server has not read yet.
    const other = await test.startBeside();
    const beside = { ...test, app: other.app };
    expect((await askWith(await signed('two'), beside)).data.viewer.id).toBe('analyst:siti');
    expect((await askWith(await signed('one'), beside)).data.viewer.id).toBe('analyst:siti');
  });

  it.each<[string, () => { status: number; body: string }]>([
    ['answers 500', () => ({ status: 500, body: 'no' })],
    ['answers what is no key set', () => ({ status: 200, body: '{"keys": 7}' })],
    ['answers no JSON', () => ({ status: 200, body: '<html>' })],
  ])('tell to come back later while the issuer %s', async (_what, broken) => {
    answer = broken;
    const other = await test.startBeside();
    const { errors, status } = await askWith(await signed('one'), { ...test, app: other.app });
    expect([status, errors[0]?.extensions.code, errors[0]?.extensions.retryable]).toEqual([
      503,
      'OVERLOADED',
      true,
    ]);
    await other.app.close();
    await publish('one', 'two');
  });

  it('are not taken where no way to check them is set up', async () => {
    const plain = await startApp(sqlite);
    const { errors, status } = await askWith(await signed('one'), plain);
    expect([status, errors[0]?.message]).toEqual([401, 'Send a valid key in the header X-API-Key.']);
    await plain.close();
  });
});
