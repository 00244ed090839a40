import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { getIntrospectionQuery } from 'graphql';
import { WebSocket } from 'ws';
import { DEVELOPMENT_KEY } from '../../src/config.js';
import {
  askOverWebSocket,
  type Calls,
  callsOf,
  mutationOf,
  post,
  snapshot,
  type Told,
  webSocketUrl,
} from '../support/api.js';
import { startApp, type TestApp } from '../support/app.js';
import { databases } from '../support/databases.js';

const RATES = '{ exchangeRates { rate } }';
/** What a mutation may answer with, at a price of 5. */
const REFUSALS =
  'userErrors { ... on RefundError { refundable { amount } } ... on LimitError { limit { amount } used { amount } remaining { amount } } }';
const LIMITED = { RATE_LIMIT_DISABLED: 'false' };

const ask = (test: TestApp, query: string, variables: object = {}, headers: Record<string, string> = {}) =>
  post(test, JSON.stringify({ query, variables }), headers);

/** The one error that a request was refused with, which is all that it was answered. */
function refusalOf({ status, json }: Told): unknown[] {
  expect([Object.keys(json), json.errors.length]).toEqual([['errors'], 1]);
  return [status, json.errors[0].extensions.code, json.errors[0].message];
}

describe.each(databases)('what an operation may ask for on $name', (kind) => {
  let test: TestApp;
  let call: Calls;
  beforeAll(async () => {
    test = await startApp(kind, { QUERY_COST_MAX: '60' });
    call = callsOf(test);
    await call.newUser({ id: 'alice', funds: '10.00' });
  });
  afterAll(() => test.close());

  it('is what its cost allows, and nothing runs beyond', async () => {
    const query = 'query ($first: Int) { transactions(first: $first) { nodes { id } } }';
    expect((await ask(test, query, { first: 59 })).status).toBe(200);
    expect(refusalOf(await ask(test, query, { first: 60 }))).toEqual([
      400,
      'QUERY_TOO_EXPENSIVE',
      'This may cost 61 points and at most 60 are allowed: ask for smaller pages (first, last) or for fewer relations.',
    ]);
    const before = await snapshot(test);
    const create = (
      key: number,
      more = '',
    ) => `m${key}: createTransaction(input: { userId: "alice", type: TOP_UP,
      amount: { amount: 1, currency: "MYR" }, idempotencyKey: "k${key}" }) { replayed transaction { id } ${more} }`;
    const refused = await ask(
      test,
      `mutation { ${[1, 2, 3, 4].map((key) => create(key, REFUSALS)).join(' ')} }`,
    );
    expect(refusalOf(refused).slice(0, 2)).toEqual([400, 'QUERY_TOO_EXPENSIVE']);
    expect(await snapshot(test)).toEqual(before);
    const done = await ask(test, `mutation { ${[1, 2, 3, 4].map((key) => create(key)).join(' ')} }`);
    expect([done.status, Object.keys(done.json.data).length]).toEqual([200, 4]);
    expect(done.json.extensions.cost).toMatchObject({ requestedQueryCost: 44, actualQueryCost: 44 });
  });

  it.each([
    [
      'QUERY_TOO_DEEP',
      `{ transaction(id: "a") { ${'originalTransaction { '.repeat(9)} id ${'}'.repeat(9)} } }`,
    ],
    ['TOO_MANY_ALIASES', `{ ${Array.from({ length: 16 }, (_, n) => `a${n}: __typename`).join(' ')} }`],
    ['TOO_MANY_DIRECTIVES', `{ __typename ${'@skip(if: false) '.repeat(6)} }`],
    ['TOO_MANY_FIELDS', `{ ${'__typename '.repeat(301)} }`],
  ])('ends with %s over HTTP', async (code, query) => {
    const { status, json } = await ask(test, query);
    expect(status).toBe(400);
    expect(json.errors.map((error: Told) => error.extensions.code)).toContain(code);
    expect(json.data).toBeUndefined();
  });

  it('is four mutations and not five', async () => {
    const before = await snapshot(test);
    const suspend = (count: number) =>
      `mutation { ${Array.from({ length: count }, (_, n) => `m${n}: changeUserStatus(input: { userId: "nobody", status: SUSPENDED }) { user { id } }`).join(' ')} }`;
    expect((await ask(test, suspend(4))).status).toBe(200);
    expect(refusalOf(await ask(test, suspend(5)))).toEqual([
      400,
      'TOO_MANY_MUTATIONS',
      'There are 5 mutations and at most 4 are allowed: send the others in another request.',
    ]);
    expect(await snapshot(test)).toEqual(before);
  });

  it('is one operation a request', async () => {
    const one = { query: RATES };
    expect((await post(test, JSON.stringify([one]))).status).toBe(400);
    expect((await post(test, JSON.stringify([one, one]))).status).toBe(400);
  });

  it('is the usual introspection, for free', async () => {
    const { status, json } = await ask(test, getIntrospectionQuery());
    expect([status, json.errors]).toEqual([200, undefined]);
    expect(json.extensions.cost).toMatchObject({ requestedQueryCost: 0, actualQueryCost: 0 });
  });

  it.each([
    [
      'QUERY_TOO_DEEP',
      `subscription { transactionUpdated(userId: "alice") { transaction { ${'originalTransaction { '.repeat(8)} id ${'}'.repeat(8)} } } }`,
    ],
    [
      'TOO_MANY_ALIASES',
      `subscription { balanceUpdated(userId: "alice") { ${Array.from({ length: 16 }, (_, n) => `a${n}: cursor`).join(' ')} } }`,
    ],
    [
      'TOO_MANY_DIRECTIVES',
      `subscription { balanceUpdated(userId: "alice") { cursor ${'@skip(if: false) '.repeat(6)} } }`,
    ],
    ['TOO_MANY_FIELDS', `subscription { balanceUpdated(userId: "alice") { ${'cursor '.repeat(300)} } }`],
    [
      'QUERY_TOO_EXPENSIVE',
      'subscription { transactionUpdated(userId: "alice") { transaction { user { transactions { nodes { id } } } } } }',
    ],
  ])('ends with %s over WebSocket', async (code, query) => {
    const { results, error } = await askOverWebSocket(test, { query });
    expect(results).toEqual([]);
    expect(error.map(({ extensions }: Told) => [extensions.code, extensions.retryable])).toContainEqual([
      code,
      false,
    ]);
  });
});

describe.each(databases)('how often may be asked on $name', (kind) => {
  it('tells what a query cost and what is left, and refuses with 429 when it is too little', async () => {
    await using test = await startApp(kind, { ...LIMITED, QUERY_COST_MAX: '10', RATE_LIMIT_READS: '25' });
    const left: unknown[] = [];
    for (let count = 0; count < 2; count += 1) {
      const { headers, json } = await ask(test, RATES);
      expect(headers.get('ratelimit-policy')).toBe('"reads";q=25;w=60');
      expect(headers.get('ratelimit')).toMatch(
        new RegExp(
          `^"reads";r=${json.extensions.cost.throttleStatus.currentlyAvailable};t=([1-5]?[0-9]|60)$`,
        ),
      );
      expect(headers.get('retry-after')).toBeNull();
      left.push(json.extensions.cost);
    }
    expect(left).toEqual(
      [15, 5].map((currentlyAvailable) => ({
        requestedQueryCost: 10,
        actualQueryCost: 3,
        throttleStatus: { maximumAvailable: 25, currentlyAvailable, restoreRate: 25 / 60 },
      })),
    );
    const refused = await ask(test, RATES);
    const { retryAfterMs } = refused.json.errors[0].extensions;
    const seconds = Math.ceil(retryAfterMs / 1_000);
    expect(refused.json).toEqual({
      errors: [
        {
          message: `No more than 25 reads a minute are allowed: wait for ${seconds} s and ask again.`,
          extensions: {
            code: 'RATE_LIMITED',
            retryable: true,
            retryAfterMs: expect.any(Number),
            requestId: refused.headers.get('x-request-id'),
          },
        },
      ],
    });
    expect([refused.status, retryAfterMs > 0, retryAfterMs <= 60_000]).toEqual([429, true, true]);
    expect(refused.headers.get('retry-after')).toBe(String(seconds));
    expect(refused.headers.get('ratelimit-policy')).toBe('"reads";q=25;w=60');
    expect(refused.headers.get('ratelimit')).toBe(`"reads";r=5;t=${seconds}`);
    // What costs less than is left still passes, and other classes have limits of their own.
    expect((await ask(test, '{ __typename }')).status).toBe(200);
    const other = await ask(
      test,
      'mutation { changeUserStatus(input: { userId: "a", status: ACTIVE }) { __typename } }',
    );
    expect(other.json.errors).toBeUndefined();
  });

  it('counts what moves money and what administers apart, each mutation of a document, and does all or nothing', async () => {
    await using test = await startApp(kind, {
      ...LIMITED,
      API_KEY: 'another-backend',
      RATE_LIMIT_MONEY: '3',
      RATE_LIMIT_ADMINISTRATION: '2',
    });
    const call = callsOf(test);
    await call.newUser({ id: 'alice', funds: '10.00' });
    const pay = (key: string) => `${key}: createTransaction(input: { userId: "alice", type: TOP_UP,
      amount: { amount: 1, currency: "MYR" }, idempotencyKey: "${key}" }) { replayed }`;
    const suspend = 'changeUserStatus(input: { userId: "alice", status: SUSPENDED }) { user { status } }';
    const before = await snapshot(test);
    const tooMuch = await ask(test, `mutation { ${pay('a')} ${pay('b')} ${pay('c')} }`);
    expect(refusalOf(tooMuch)[1]).toBe('RATE_LIMITED');
    expect(tooMuch.headers.get('ratelimit-policy')).toBe('"money";q=3;w=60');
    expect(await snapshot(test)).toEqual(before);
    const both = await ask(test, `mutation { ${pay('d')} ${suspend} }`);
    expect(both.json.errors).toBeUndefined();
    expect(both.headers.get('ratelimit-policy')).toBe('"money";q=3;w=60, "administration";q=2;w=60');
    expect(both.headers.get('ratelimit')).toMatch(/^"money";r=1;t=\d+, "administration";r=0;t=\d+$/);
    const after = await snapshot(test);
    // Money is left, administration is not: neither is done, and the money that was counted is given back.
    expect(refusalOf(await ask(test, `mutation { ${pay('e')} ${suspend} }`))[1]).toBe('RATE_LIMITED');
    expect(await snapshot(test)).toEqual(after);
    expect((await ask(test, `mutation { ${pay('f')} }`)).json.errors).toBeUndefined();
    expect(refusalOf(await ask(test, `mutation { ${pay('g')} }`))[1]).toBe('RATE_LIMITED');
    const other = await ask(test, `mutation { ${pay('h')} }`, {}, { 'x-api-key': 'another-backend' });
    expect(other.json.errors).toBeUndefined();
  });

  it('does not count what is refused before it could run', async () => {
    await using test = await startApp(kind, { ...LIMITED, QUERY_COST_MAX: '10', RATE_LIMIT_READS: '10' });
    expect((await ask(test, '{ nonsense }')).status).toBe(400);
    expect(refusalOf(await ask(test, '{ transactions { nodes { id } } }'))[1]).toBe('QUERY_TOO_EXPENSIVE');
    expect((await ask(test, RATES)).status).toBe(200);
  });

  it('refuses a subscription too many over WebSocket', async () => {
    await using test = await startApp(kind, { ...LIMITED, RATE_LIMIT_SUBSCRIPTIONS: '2' });
    const query = 'subscription { balanceUpdated(userId: "nobody") { cursor } }';
    const answers = [];
    for (let count = 0; count < 3; count += 1) {
      const { results, error } = await askOverWebSocket(test, { query });
      answers.push(...(error ?? results[0].errors));
    }
    expect(answers.map(({ extensions }) => extensions.code)).toEqual([
      'USER_NOT_FOUND',
      'USER_NOT_FOUND',
      'RATE_LIMITED',
    ]);
    expect(answers[2].extensions).toEqual({
      code: 'RATE_LIMITED',
      retryable: true,
      retryAfterMs: expect.any(Number),
      requestId: expect.any(String),
    });
  });

  it('limits and counts nothing when it is switched off', async () => {
    await using test = await startApp(kind, {
      RATE_LIMIT_DISABLED: 'true',
      QUERY_COST_MAX: '10',
      RATE_LIMIT_READS: '10',
      RATE_LIMIT_FAILED_AUTHENTICATIONS: '1',
    });
    for (let count = 0; count < 3; count += 1) {
      expect((await ask(test, RATES, {}, { 'x-api-key': 'wrong-key' })).status).toBe(401);
      const { status, headers, json } = await ask(test, RATES);
      expect([status, headers.get('ratelimit'), headers.get('ratelimit-policy')]).toEqual([200, null, null]);
      expect(json.extensions.cost.throttleStatus.currentlyAvailable).toBe(10);
    }
  });
});

describe.each(databases)('wrong credentials on $name', (kind) => {
  /** The close code that a connection with a key ends with, or `welcome`. */
  const connect = async (test: TestApp, key: string | undefined, headers: Record<string, string> = {}) => {
    const socket = new WebSocket(webSocketUrl(test), 'graphql-transport-ws', { headers });
    await once(socket, 'open');
    socket.send(JSON.stringify({ type: 'connection_init', payload: key ? { 'X-API-Key': key } : {} }));
    const answer = await Promise.race([
      once(socket, 'close').then(([code]) => code),
      once(socket, 'message').then(() => 'welcome'),
    ]);
    socket.terminate();
    return answer;
  };

  it('block their address on both transports, a right one included, and no credential is looked at', async () => {
    await using test = await startApp(kind, { ...LIMITED, RATE_LIMIT_FAILED_AUTHENTICATIONS: '4' });
    // Who comes without any has guessed nothing.
    for (let count = 0; count < 6; count += 1) {
      expect((await ask(test, RATES, {}, { 'x-api-key': '' })).status).toBe(401);
      expect(await connect(test, undefined)).toBe(4403);
    }
    for (let count = 0; count < 2; count += 1) {
      expect((await ask(test, RATES, {}, { 'x-api-key': 'wrong-key' })).status).toBe(401);
      expect(await connect(test, 'wrong-key')).toBe(4403);
      if (count === 0) expect(await connect(test, DEVELOPMENT_KEY)).toBe('welcome');
    }
    for (const key of ['wrong-key', DEVELOPMENT_KEY]) {
      const refused = await ask(test, RATES, {}, { 'x-api-key': key });
      expect(refusalOf(refused).slice(0, 2)).toEqual([429, 'RATE_LIMITED']);
      expect(refused.headers.get('retry-after')).toMatch(/^([1-5]?[0-9]|60)$/);
      expect(await connect(test, key)).toBe(1013);
    }
  });

  it('block the address that a trusted proxy tells, and no other behind it', async () => {
    const environment = { ...LIMITED, RATE_LIMIT_FAILED_AUTHENTICATIONS: '2', TRUST_PROXY: '127.0.0.1' };
    await using test = await startApp(kind, environment);
    const [guesser, other] = [{ 'x-forwarded-for': '203.0.113.7' }, { 'x-forwarded-for': '203.0.113.8' }];
    expect(await connect(test, 'wrong-key', guesser)).toBe(4403);
    expect((await ask(test, RATES, {}, { 'x-api-key': 'wrong-key', ...guesser })).status).toBe(401);
    expect(await connect(test, DEVELOPMENT_KEY, guesser)).toBe(1013);
    expect((await ask(test, RATES, {}, guesser)).status).toBe(429);
    expect(await connect(test, DEVELOPMENT_KEY, other)).toBe('welcome');
    expect((await ask(test, RATES, {}, other)).status).toBe(200);
  });

  it('are told by nobody who is not trusted: the address is the connection’s', async () => {
    await using test = await startApp(kind, { ...LIMITED, RATE_LIMIT_FAILED_AUTHENTICATIONS: '2' });
    for (const last of [1, 2]) {
      expect(await connect(test, 'wrong-key', { 'x-forwarded-for': `203.0.113.${last}` })).toBe(4403);
    }
    expect(await connect(test, DEVELOPMENT_KEY, { 'x-forwarded-for': '203.0.113.3' })).toBe(1013);
  });
});

describe.each(databases.filter(({ name }) => name === 'postgresql'))('servers on one $name', (kind) => {
  it('share every limit', async () => {
    await using test = await startApp(kind, {
      ...LIMITED,
      RATE_LIMIT_MONEY: '5',
      RATE_LIMIT_FAILED_AUTHENTICATIONS: '5',
    });
    const other = await test.startBeside();
    const input = { userId: 'nobody', type: 'TOP_UP', amount: { amount: '1', currency: 'MYR' } };
    const codes: unknown[] = [];
    for (let count = 0; count < 7; count += 1) {
      const { graphql } = count % 2 === 0 ? test : other;
      const { errors } = await graphql(mutationOf('createTransaction'), {
        input: { ...input, idempotencyKey: `key-${count}` },
      });
      codes.push(errors[0]?.extensions.code);
    }
    expect(codes).toEqual([...Array(5).fill(undefined), 'RATE_LIMITED', 'RATE_LIMITED']);
    const statuses: unknown[] = [];
    for (let count = 0; count < 8; count += 1) {
      const { graphql } = count % 2 === 0 ? test : other;
      statuses.push((await graphql(RATES, {}, 'wrong-key')).status);
    }
    expect(statuses).toEqual([401, 401, 401, 401, 401, 401, 429, 429]);
  });

  it('count each for itself while the limits cannot be kept together, and serve on', async () => {
    await using test = await startApp(kind, { ...LIMITED, RATE_LIMIT_MONEY: '2' });
    await test.orm.em.fork().getConnection().execute('drop table rate_limits');
    const other = await test.startBeside();
    const input = { userId: 'nobody', type: 'TOP_UP', amount: { amount: '1', currency: 'MYR' } };
    for (const { graphql } of [test, other]) {
      const codes: unknown[] = [];
      for (let count = 0; count < 3; count += 1) {
        const { errors } = await graphql(mutationOf('createTransaction'), {
          input: { ...input, idempotencyKey: `key-${count}` },
        });
        codes.push(errors[0]?.extensions.code);
      }
      expect(codes).toEqual([undefined, undefined, 'RATE_LIMITED']);
    }
  });
});
