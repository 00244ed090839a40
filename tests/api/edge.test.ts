import { once } from 'node:events';
import { connect as connectSocket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { LockMode } from '@mikro-orm/core';
import { DEVELOPMENT_KEY } from '../../src/config.js';
import { Transaction } from '../../src/ledger/transaction.js';
import { User } from '../../src/ledger/user.js';
import { type Calls, callsOf, post, request, type Told } from '../support/api.js';
import { startApp, type TestApp } from '../support/app.js';
import { databases } from '../support/databases.js';

const RATES = JSON.stringify({ query: '{ exchangeRates { rate } }' });
const BROWSER = { accept: 'text/html,application/xhtml+xml' };

describe.each(databases)('the HTTP edge on $name', (kind) => {
  let test: TestApp;
  let call: Calls;
  beforeAll(async () => {
    test = await startApp(kind, { API_KEY: 'a-key-of-one-backend' });
    call = callsOf(test);
  });
  afterAll(() => test.close());

  /** One coded error with its request's id and nothing that tells of the inside. */
  const isCoded = ({ status, headers, json, text }: Told, expected: number, code: string) => {
    expect([status, Object.keys(json)]).toEqual([expected, ['errors']]);
    expect(json.errors).toEqual([
      {
        message: expect.stringMatching(/\S/),
        extensions: { code, retryable: false, requestId: headers.get('x-request-id') },
      },
    ]);
    expect(headers.get('x-request-id')).toMatch(/^\S+$/);
    expect(text).not.toMatch(/stack|node_modules|\.ts\b|at .*:\d+/);
  };

  it.each<[string, Record<string, string>]>([
    ['no key', { 'x-api-key': '' }],
    ['a wrong key', { 'x-api-key': 'wrong-key' }],
    ['a key with something after it', { 'x-api-key': `${DEVELOPMENT_KEY}x` }],
    ['a key in another case', { 'x-api-key': DEVELOPMENT_KEY.toUpperCase() }],
    ['the key as a bearer token', { 'x-api-key': '', authorization: `Bearer ${DEVELOPMENT_KEY}` }],
  ])('answers %s by 401 and UNAUTHENTICATED, whatever is asked', async (_title, headers) => {
    for (const body of [RATES, '{"query":"{ nonsense }"}', '{"query":"{ __schema { types { name } } }"}']) {
      const answer = await post(test, body, headers);
      isCoded(answer, 401, 'UNAUTHENTICATED');
      expect(answer.json.errors[0].message).toBe('Send a valid key in the header X-API-Key.');
    }
  });

  it.each([DEVELOPMENT_KEY, 'a-key-of-one-backend'])('lets the key %s do everything', async (key) => {
    const { status, json } = await post(test, RATES, { 'x-api-key': key });
    expect([status, json.data.exchangeRates.length]).toEqual([200, 3]);
  });

  it.each([
    ['malformed JSON', '{"query":', {}, 400, 'BAD_REQUEST'],
    ['a body of no JSON', 'query', {}, 400, 'BAD_REQUEST'],
    ['an empty body', '', {}, 400, 'BAD_REQUEST'],
    ['a list', `[${RATES}]`, {}, 400, 'BAD_REQUEST'],
    ['null', 'null', {}, 400, 'BAD_REQUEST'],
    ['a number', '5', {}, 400, 'BAD_REQUEST'],
    ['no query', '{}', {}, 400, 'BAD_REQUEST'],
    ['a query that is no text', '{"query":5}', {}, 400, 'BAD_REQUEST'],
    [
      'variables that are no object',
      '{"query":"{ exchangeRates { rate } }","variables":"x"}',
      {},
      400,
      'BAD_REQUEST',
    ],
    [
      'a form',
      'query=x',
      { 'content-type': 'application/x-www-form-urlencoded' },
      415,
      'UNSUPPORTED_MEDIA_TYPE',
    ],
    ['an image', 'x', { 'content-type': 'image/png' }, 415, 'UNSUPPORTED_MEDIA_TYPE'],
    ['plain text', RATES, { 'content-type': 'text/plain' }, 400, 'BAD_REQUEST'],
    [
      'a body of more than 100 KiB',
      JSON.stringify({ query: 'x'.repeat(102_400) }),
      {},
      413,
      'BODY_TOO_LARGE',
    ],
  ])('answers %s by a coded error', async (_title, body, headers, status, code) => {
    isCoded(await post(test, body, headers as Record<string, string>), status, code);
  });

  it('takes a body of 100 KiB', async () => {
    const query = '{ exchangeRates { rate } }';
    const size = 100 * 1024 - JSON.stringify({ query, x: '' }).length;
    expect((await post(test, JSON.stringify({ query, x: 'x'.repeat(size) }))).status).toBe(200);
  });

  it.each([
    ['GET', '/'],
    ['GET', '/nothing?key=secret'],
    ['POST', '/graphql/x'],
    ['PUT', '/graphql'],
    ['DELETE', '/graphql'],
    ['GET', '/../etc/passwd'],
    ['GET', '/%00'],
  ])('answers %s %s by 404', async (method, path) => {
    const answer = await request(test, path, { method });
    isCoded(answer, 404, 'NOT_FOUND');
    expect(answer.text).not.toContain('secret');
  });

  it('answers a path that cannot be decoded by a coded error', async () => {
    isCoded(await request(test, '/%E0%A4%A'), 400, 'BAD_REQUEST');
  });

  it.each(['abc-123_x.y', 'A', 'x'.repeat(64)])('echoes the X-Request-Id %s', async (id) => {
    const good = await post(test, RATES, { 'x-request-id': id });
    expect([good.status, good.headers.get('x-request-id')]).toEqual([200, id]);
    const bad = await post(test, RATES, { 'x-request-id': id, 'x-api-key': 'wrong' });
    expect(bad.json.errors[0].extensions.requestId).toBe(id);
  });

  it.each(['', 'a b', 'x'.repeat(65), '<script>', '{"a":1}'])(
    'gives an id of its own for the X-Request-Id %j',
    async (id) => {
      const answer = await post(test, RATES, { 'x-request-id': id });
      expect(answer.headers.get('x-request-id')).toMatch(/^[0-9a-f]{8}-[0-9a-f-]{27}$/);
    },
  );

  it('answers health without a key', async () => {
    const health = await request(test, '/health');
    expect([health.status, health.json]).toEqual([
      200,
      { status: 'ok', version: expect.stringMatching(/^\d+\.\d+\.\d+/), database: 'up' },
    ]);
    const live = await request(test, '/health/live');
    expect([live.status, live.json]).toEqual([200, { status: 'ok' }]);
    const ready = await request(test, '/health/ready');
    expect([ready.status, ready.json]).toEqual([200, { status: 'ready' }]);
  });

  it('shows a browser the Sandbox with the header of the key, in development', async () => {
    const { status, headers, text } = await request(test, '/graphql', { headers: BROWSER });
    expect([status, headers.get('content-type')]).toEqual([200, expect.stringMatching(/^text\/html/)]);
    expect(text).toMatch(/sandbox/i);
    expect(text).toContain('X-API-Key');
  });

  it('answers introspection in development', async () => {
    const { __schema } = await call.query('{ __schema { queryType { name } } }');
    expect(__schema.queryType.name).toBe('Query');
  });

  it('refuses queries by GET that a page could make, and answers those with a key', async () => {
    const url = `/graphql?query=${encodeURIComponent('{ exchangeRates { rate } }')}`;
    expect((await request(test, url, { headers: { 'x-api-key': DEVELOPMENT_KEY } })).status).toBe(400);
    const headers = { 'x-api-key': DEVELOPMENT_KEY, 'apollo-require-preflight': 'true' };
    expect((await request(test, url, { headers })).status).toBe(200);
    const mutation = `/graphql?query=${encodeURIComponent('mutation { createUser(input: { email: "a@example.com", fullName: "A", currency: "MYR" }) { user { id } } }')}`;
    expect((await request(test, mutation, { headers })).status).toBe(405);
  });
});

describe.each(databases)('the HTTP edge in production on $name', (kind) => {
  let test: TestApp;
  const key = 'a-secret-of-production';
  beforeAll(async () => {
    test = await startApp(kind, { NODE_ENV: 'production', API_KEY: key });
  });
  afterAll(() => test.close());

  it('shows a browser no Sandbox and tells no key', async () => {
    const { status, text } = await request(test, '/graphql', { headers: BROWSER });
    expect(status).not.toBe(200);
    expect(text).not.toMatch(/sandbox|X-API-Key:|a-secret/i);
  });

  it('refuses the key of development and takes its own', async () => {
    expect((await post(test, RATES)).status).toBe(401);
    expect((await post(test, RATES, { 'x-api-key': key })).status).toBe(200);
  });

  it('has introspection off', async () => {
    for (const query of ['{ __schema { types { name } } }', '{ __type(name: "User") { name } }']) {
      const { status, json } = await post(test, JSON.stringify({ query }), { 'x-api-key': key });
      expect([status, json.data]).toEqual([400, undefined]);
      expect(json.errors[0].extensions.code).toBe('GRAPHQL_VALIDATION_FAILED');
    }
  });

  it('refuses to start without a key, or with a weak one', async () => {
    for (const weak of [{}, { API_KEY: 'too-short' }, { API_KEY: DEVELOPMENT_KEY }]) {
      await expect(
        startApp(kind, { NODE_ENV: 'production', ...weak } as Record<string, string>),
      ).rejects.toMatchObject({
        name: 'ConfigError',
        message: expect.stringMatching(/^API_KEY must be set in production/),
      });
    }
  });
});

describe.each(databases)('faults on $name', (kind) => {
  it('are masked: the caller learns the request’s id and nothing else', async () => {
    await using test = await startApp(kind);
    const call = callsOf(test);
    const userId = await call.newUser({ funds: '10.00' });
    await test.orm.em.fork().getConnection().execute('drop table postings');
    const { data, errors } = await test.graphql(
      `mutation { createTransaction(input: { userId: "${userId}", type: TOP_UP, amount: { amount: 1, currency: "MYR" },
        idempotencyKey: "fault" }) { replayed } }`,
    );
    const fault = (path: string) => ({
      message: 'Something went wrong on our side.',
      locations: expect.anything(),
      path: [path],
      extensions: {
        code: 'INTERNAL_SERVER_ERROR',
        retryable: false,
        requestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      },
    });
    expect([data, errors]).toEqual([null, [fault('createTransaction')]]);
    // Nothing of it was kept: the balance is as it was and the key is unused.
    expect(await call.wallet(userId)).toEqual(['10.00', '0.00', '10.00', 1]);
    const found = await call.query(
      `{ transactionByIdempotencyKey(userId: "${userId}", idempotencyKey: "fault") { id } }`,
    );
    expect(found.transactionByIdempotencyKey).toBeNull();

    await test.orm.em.fork().getConnection().execute('alter table events rename to lost');
    const again = await test.graphql(`{ balance(userId: "${userId}", at: "2026-03-10T04:00:00Z") { version }
      exchangeRates { rate } }`);
    expect([again.data, again.errors]).toEqual([null, [fault('balance')]]);
    expect((await request(test, '/health/ready')).status).toBe(200);
  });
});

const postgresql = databases.filter(({ name }) => name === 'postgresql');
describe.each(postgresql)('a $name server without its database', (kind) => {
  it('is alive, is not ready, and tells callers nothing of the inside', async () => {
    await using test = await startApp(kind);
    const call = callsOf(test);
    const userId = await call.newUser({ funds: '10.00' });
    await test.orm.close();
    await test.database.drop();
    const ready = await request(test, '/health/ready');
    expect([ready.status, ready.json]).toEqual([503, { status: 'unavailable' }]);
    const health = await request(test, '/health');
    expect([health.status, health.json.status, health.json.database]).toEqual([503, 'unavailable', 'down']);
    expect((await request(test, '/health/live')).status).toBe(200);
    const { errors } = await test.graphql(
      `mutation { createTransaction(input: { userId: "${userId}", type: TOP_UP, amount: { amount: 1, currency: "MYR" },
        idempotencyKey: "later" }) { replayed } }`,
    );
    expect(errors).toEqual([
      {
        message: 'Something went wrong on our side.',
        locations: expect.anything(),
        path: ['createTransaction'],
        extensions: {
          code: 'INTERNAL_SERVER_ERROR',
          retryable: false,
          requestId: expect.stringMatching(/\S/),
        },
      },
    ]);
  });
});

describe.each(databases)('a $name server on its way out', (kind) => {
  it('finishes what it accepted, is no longer ready, and refuses what comes after as OVERLOADED', async () => {
    const test = await startApp(kind);
    const call = callsOf(test);
    const userId = await call.newUser();
    const { hostname, port } = new URL(test.app.url);
    const ask = (idempotencyKey: string) => {
      const body = JSON.stringify({
        query: `mutation { createTransaction(input: { userId: "${userId}", type: TOP_UP,
          amount: { amount: 1, currency: "MYR" }, idempotencyKey: "${idempotencyKey}" }) { transaction { status } } }`,
      });
      return `POST /graphql HTTP/1.1\r\nhost: x\r\nx-api-key: ${DEVELOPMENT_KEY}\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
    };
    /** A connection by which a mutation is sent, and then something else before it is answered. */
    const open = async (first: string) => {
      const socket = connectSocket(Number(port), hostname);
      let text = '';
      socket.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      await once(socket, 'connect');
      socket.write(first);
      return { socket, ended: once(socket, 'close').then(() => text.split(/(?=HTTP\/1\.1 )/)) };
    };
    // The database is held, so that the first commands are still under way while the server closes.
    const holder = test.orm.em.fork();
    await holder.begin();
    await holder.findOneOrFail(User, userId, { lockMode: LockMode.PESSIMISTIC_WRITE });
    const pays = await open(ask('one'));
    const looks = await open(ask('two'));
    // A later connection is answered only after the earlier ones were read.
    expect((await request(test, '/health/live')).status).toBe(200);
    const closed = test.app.close();
    pays.socket.write(ask('three'));
    looks.socket.write('GET /health/ready HTTP/1.1\r\nhost: x\r\n\r\n');
    await holder.rollback();
    const [[first, refused, ...more], [second, ready]] = await Promise.all([pays.ended, looks.ended]);
    await closed;
    for (const answer of [first, second]) expect(answer).toMatch(/^HTTP\/1\.1 200 .*"status":"COMPLETED"/s);
    expect(refused).toMatch(/^HTTP\/1\.1 \d+ .*"code":"OVERLOADED","retryable":true,"retryAfterMs":\d+/s);
    expect(ready).toMatch(/^HTTP\/1\.1 503 .*\{"status":"unavailable"\}/s);
    expect(more).toEqual([]);
    const kept = await test.orm.em
      .fork()
      .find(Transaction, { userId }, { orderBy: { idempotencyKey: 'asc' } });
    expect(kept.map(({ idempotencyKey }) => idempotencyKey)).toEqual(['one', 'two']);
    await test.close();
  });
});
