import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { WebSocket } from 'ws';
import {
  askOverWebSocket,
  type Calls,
  callsOf,
  snapshot,
  type Told,
  watch,
  webSocketClient,
  webSocketUrl,
} from '../support/api.js';
import { NOON, startApp, type TestApp } from '../support/app.js';
import { databases } from '../support/databases.js';

const MONEY = '{ amount currency }';
const BALANCE_UPDATED = `subscription($userId: ID!) { balanceUpdated(userId: $userId) { cursor delivery occurredAt
  balance { userId posted ${MONEY} held ${MONEY} available ${MONEY} version asOf } change ${MONEY}
  transaction { id type status amount ${MONEY} } } }`;
const VERSIONS =
  'subscription($userId: ID!) { balanceUpdated(userId: $userId) { balance { version posted { amount } } } }';
const TRANSACTION_UPDATED = `subscription($userId: ID!) { transactionUpdated(userId: $userId) { delivery occurredAt
  transaction { id type status refundedAmount { amount } failure { code } review { decision } reversal { reason } } } }`;
const FRAUD_FLAGGED = `subscription($userId: ID, $minScore: Int! = 0) { fraudFlagged(userId: $userId, minScore: $minScore) {
  delivery transaction { id user { id } status } assessment { score level hits { flag points observed } } } }`;

describe.each(databases)('subscriptions on $name', (kind) => {
  let test: TestApp;
  let call: Calls;
  beforeAll(async () => {
    test = await startApp(kind, { FRAUD_HIGH_VALUE_THRESHOLD: '100', FRAUD_HIGH_VALUE_POINTS: '60' });
    call = callsOf(test);
  });
  afterAll(() => test.close());

  it('balanceUpdated tells every change of a wallet as it left it, and nothing else', async () => {
    const userId = await call.newUser();
    await using stream = await watch(test, BALANCE_UPDATED, { userId });
    const topUp = (await call.topUp(userId, '100.00 MYR')).transaction;
    await call.topUp(userId, '50.00 MYR');
    const stranger = await call.newUser({ funds: '1.00' });
    await call.withdraw(userId, '1000.00 MYR');
    await call.setStatus(userId, 'SUSPENDED');
    await call.setStatus(userId, 'ACTIVE');
    const held = (await call.withdraw(userId, '120.00 MYR')).transaction;
    await call.review(held.id, 'APPROVE');
    const events = (await stream.take(4)).map(({ data }) => data.balanceUpdated);
    const myr = (amount: string) => ({ amount, currency: 'MYR' });
    const wallet = (posted: string, heldAmount: string, available: string, version: number) => ({
      userId,
      posted: myr(posted),
      held: myr(heldAmount),
      available: myr(available),
      version,
      asOf: NOON,
    });
    const common = { cursor: expect.stringMatching(/^[\w-]+$/), delivery: 'LIVE', occurredAt: NOON };
    const about = (id: unknown, type: string, status: string, amount: string) => ({
      id,
      type,
      status,
      amount: myr(amount),
    });
    expect(events).toEqual([
      {
        ...common,
        balance: wallet('100.00', '0.00', '100.00', 1),
        change: myr('100.00'),
        transaction: about(topUp.id, 'TOP_UP', 'COMPLETED', '100.00'),
      },
      {
        ...common,
        balance: wallet('150.00', '0.00', '150.00', 2),
        change: myr('50.00'),
        transaction: about(expect.anything(), 'TOP_UP', 'COMPLETED', '50.00'),
      },
      {
        ...common,
        balance: wallet('150.00', '120.00', '30.00', 3),
        change: myr('-120.00'),
        transaction: about(held.id, 'WITHDRAWAL', 'PENDING', '120.00'),
      },
      {
        ...common,
        balance: wallet('30.00', '0.00', '30.00', 4),
        change: myr('0.00'),
        transaction: about(held.id, 'WITHDRAWAL', 'COMPLETED', '120.00'),
      },
    ]);
    expect(new Set(events.map(({ cursor }) => cursor)).size).toBe(4);
    expect(stranger).not.toBe(userId);
  });

  it('balanceUpdated tells 200 quick changes in the order of their versions, without a gap', async () => {
    const userId = await call.newUser();
    await using stream = await watch(test, VERSIONS, { userId });
    await using other = await watch(test, VERSIONS, { userId });
    await Promise.all(Array.from({ length: 200 }, () => call.topUp(userId, '0.01 MYR')));
    const expected = Array.from({ length: 200 }, (_, index) => [index + 1, ((index + 1) / 100).toFixed(2)]);
    for (const each of [stream, other]) {
      const events = (await each.take(200)).map(({ data }) => data.balanceUpdated.balance);
      expect(events.map(({ version, posted }) => [version, posted.amount])).toEqual(expected);
    }
  });

  it('transactionUpdated tells what is made, refused, reviewed, refunded and reversed, in that order', async () => {
    const userId = await call.newUser({ funds: '90.00' });
    await call.topUp(userId, '90.00 MYR');
    await using stream = await watch(test, TRANSACTION_UPDATED, { userId });
    const paid = (await call.purchase(userId, '10.00 MYR')).transaction;
    const failed = (await call.purchase(userId, '99999.00 MYR')).userErrors;
    expect(failed).toMatchObject([{ code: 'AMOUNT_ABOVE_MAXIMUM' }]);
    const short = (await call.purchase(userId, '5000.00 MYR')).transaction;
    const held = (await call.purchase(userId, '101.00 MYR')).transaction;
    await call.review(held.id, 'REJECT');
    const refund = (await call.refund(paid.id, '4.00 MYR')).transaction;
    await call.reverse(paid.id, { reason: 'again' });
    const events = (await stream.take(6)).map(({ data }) => data.transactionUpdated);
    expect(events.every(({ delivery, occurredAt }) => delivery === 'LIVE' && occurredAt === NOON)).toBe(true);
    const state = (id: string, type: string, status: string, more: object = {}) => ({
      id,
      type,
      status,
      refundedAmount: { amount: '0.00' },
      failure: null,
      review: null,
      reversal: null,
      ...more,
    });
    expect(events.map(({ transaction }) => transaction)).toEqual([
      state(paid.id, 'PURCHASE', 'COMPLETED'),
      state(short.id, 'PURCHASE', 'FAILED', { failure: { code: 'INSUFFICIENT_BALANCE' } }),
      state(held.id, 'PURCHASE', 'PENDING'),
      state(held.id, 'PURCHASE', 'FAILED', {
        failure: { code: 'REVIEW_REJECTED' },
        review: { decision: 'REJECT' },
      }),
      state(refund.id, 'REFUND', 'COMPLETED'),
      state(paid.id, 'PURCHASE', 'REVERSED', {
        refundedAmount: { amount: '4.00' },
        reversal: { reason: 'again' },
      }),
    ]);
  });

  it('fraudFlagged tells flagged transactions of one user or of all, from a score on', async () => {
    const [one, two] = [await call.newUser(), await call.newUser()];
    await using all = await watch(test, FRAUD_FLAGGED);
    await using high = await watch(test, FRAUD_FLAGGED, { minScore: 60 });
    await using mine = await watch(test, FRAUD_FLAGGED, { userId: one });
    await call.topUp(one, '10.00 MYR');
    const same = (await call.topUp(one, '10.00 MYR')).transaction;
    const held = (await call.topUp(two, '100.01 MYR')).transaction;
    const also = (await call.topUp(one, '100.02 MYR')).transaction;
    await call.review(held.id, 'APPROVE');
    const alert = (id: string, userId: string, status: string, assessment: object) => ({
      delivery: 'LIVE',
      transaction: { id, user: { id: userId }, status },
      assessment,
    });
    const duplicate = alert(same.id, one, 'COMPLETED', {
      score: 0,
      level: 'LOW',
      hits: [{ flag: 'POSSIBLE_DUPLICATE', points: 0, observed: 'the same 0 s earlier' }],
    });
    const valuable = alert(held.id, two, 'PENDING', {
      score: 60,
      level: 'REVIEW',
      hits: [{ flag: 'HIGH_VALUE', points: 60, observed: '100.01 MYR' }],
    });
    const unusual = alert(also.id, one, 'PENDING', {
      score: 80,
      level: 'HIGH',
      hits: [
        { flag: 'UNUSUAL_AMOUNT', points: 20, observed: '100.02 MYR' },
        { flag: 'HIGH_VALUE', points: 60, observed: '100.02 MYR' },
      ],
    });
    const told = async (stream: typeof all, count: number) =>
      (await stream.take(count)).map(({ data }) => data.fraudFlagged);
    expect(await told(all, 3)).toEqual([duplicate, valuable, unusual]);
    expect(await told(high, 2)).toEqual([valuable, unusual]);
    expect(await told(mine, 2)).toEqual([duplicate, unusual]);
  });

  it('read relations anew for every event', async () => {
    const userId = await call.newUser();
    await using stream = await watch(
      test,
      `subscription($userId: ID!) { balanceUpdated(userId: $userId) { balance { version }
        transaction { user { status balance { version posted { amount } } } } } }`,
      { userId },
    );
    for (let version = 1; version <= 3; version += 1) {
      await call.topUp(userId, '1.00 MYR');
      const [{ data }] = (await stream.take(1)) as [Told];
      expect(data.balanceUpdated).toEqual({
        balance: { version },
        transaction: {
          user: { status: 'ACTIVE', balance: { version, posted: { amount: `${version}.00` } } },
        },
      });
    }
  });

  it('tell a refused field of one event without ending the stream', async () => {
    const userId = await call.newUser();
    await using stream = await watch(
      test,
      `subscription($userId: ID!) { balanceUpdated(userId: $userId) { balance { version }
        transaction { user { balance(currency: "EUR") { version } } } } }`,
      { userId },
    );
    await call.topUp(userId, '1.00 MYR');
    await call.topUp(userId, '2.00 MYR');
    for (const [index, { data, errors }] of (await stream.take(2)).entries()) {
      expect(data).toEqual({ balanceUpdated: { balance: { version: index + 1 }, transaction: null } });
      expect(errors).toMatchObject([
        {
          path: ['balanceUpdated', 'transaction', 'user', 'balance'],
          extensions: { code: 'UNSUPPORTED_CURRENCY', requestId: expect.stringMatching(/\S/) },
        },
      ]);
    }
  });

  it.each(['balanceUpdated', 'transactionUpdated', 'fraudFlagged'])(
    '%s of an unknown user is refused, and the connection lives on',
    async (field) => {
      const client = webSocketClient(test);
      for (const userId of ['nobody', 'no\u0000id', '']) {
        const results: Told[] = [];
        const query = `subscription($userId: ID!) { ${field}(userId: $userId) { cursor } }`;
        for await (const result of client.iterate({ query, variables: { userId } })) results.push(result);
        expect(results).toEqual([
          {
            errors: [
              {
                message: `There is no user ${JSON.stringify(userId)}.`,
                locations: [{ line: 1, column: 30 }],
                path: [field],
                extensions: {
                  code: 'USER_NOT_FOUND',
                  argumentPath: ['userId'],
                  retryable: false,
                  requestId: expect.stringMatching(/\S/),
                },
              },
            ],
          },
        ]);
      }
      await client.dispose();
    },
  );

  it('end when their subscriber stops, and disturb no other', async () => {
    const userId = await call.newUser();
    await using stays = await watch(test, VERSIONS, { userId });
    const leaves = await watch(test, VERSIONS, { userId });
    await call.topUp(userId, '1.00 MYR');
    await leaves.take(1);
    await leaves.stop();
    await call.topUp(userId, '1.00 MYR');
    expect((await stays.take(2)).map(({ data }) => data.balanceUpdated.balance.version)).toEqual([1, 2]);
  });

  it.each(['query { exchangeRates { rate } }', '{ __typename }', 'query { __schema { types { name } } }'])(
    '%s over WebSocket is refused',
    async (query) => {
      const { results, error } = await askOverWebSocket(test, { query });
      expect(results).toEqual([]);
      expect(error).toMatchObject([
        {
          message:
            'Only subscriptions are served over WebSocket; send queries and mutations to POST /graphql.',
          extensions: { code: 'BAD_REQUEST', retryable: false },
        },
      ]);
    },
  );

  it('a mutation over WebSocket is refused and does nothing', async () => {
    const userId = await call.newUser();
    const before = await snapshot(test);
    const { results, error } = await askOverWebSocket(test, {
      query: `mutation { createTransaction(input: { userId: "${userId}", type: TOP_UP,
        amount: { amount: 1, currency: "MYR" }, idempotencyKey: "ws" }) { replayed } }`,
    });
    expect([results, error[0].extensions.code]).toEqual([[], 'BAD_REQUEST']);
    expect(await snapshot(test)).toEqual(before);
  });

  it.each([
    ['a broken document', { query: 'subscription {' }, 'GRAPHQL_PARSE_FAILED'],
    ['an unknown field', { query: 'subscription { nothing }' }, 'GRAPHQL_VALIDATION_FAILED'],
    [
      'two fields at once',
      { query: 'subscription { a: fraudFlagged { cursor } b: fraudFlagged { cursor } }' },
      'GRAPHQL_VALIDATION_FAILED',
    ],
    [
      'a missing argument',
      { query: 'subscription { balanceUpdated { cursor } }' },
      'GRAPHQL_VALIDATION_FAILED',
    ],
    ['too many tokens', { query: `subscription { ${'a '.repeat(1_200)} }` }, 'GRAPHQL_PARSE_FAILED'],
    ['a missing variable', { query: VERSIONS }, 'BAD_USER_INPUT'],
    ['a null variable', { query: VERSIONS, variables: { userId: null } }, 'BAD_USER_INPUT'],
    ['a variable of another type', { query: VERSIONS, variables: { userId: { a: 1 } } }, 'BAD_USER_INPUT'],
    ['a fraction of a score', { query: FRAUD_FLAGGED, variables: { minScore: 1.5 } }, 'BAD_USER_INPUT'],
  ])('%s over WebSocket is refused by its code', async (_title, payload, code) => {
    const { results, error } = await askOverWebSocket(test, payload);
    expect(results).toEqual([]);
    expect(error.length).toBeGreaterThan(0);
    for (const { extensions } of error) expect(extensions).toMatchObject({ code, retryable: false });
    expect(JSON.stringify(error)).not.toMatch(/stack|node_modules/);
  });

  it.each([
    ['no key', {}],
    ['a wrong key', { 'X-API-Key': 'wrong-key' }],
    ['a key that is no text', { 'X-API-Key': 5 }],
    ['an empty key', { 'x-api-key': '' }],
  ])('a connection with %s is closed by 4403', async (_title, payload) => {
    const socket = new WebSocket(webSocketUrl(test), 'graphql-transport-ws');
    await once(socket, 'open');
    socket.send(JSON.stringify({ type: 'connection_init', payload }));
    const [code] = await once(socket, 'close');
    expect(code).toBe(4403);
  });

  it('a connection may name the key in whatever case', async () => {
    const socket = new WebSocket(webSocketUrl(test), 'graphql-transport-ws');
    await once(socket, 'open');
    socket.send(JSON.stringify({ type: 'connection_init', payload: { 'x-Api-KEY': 'dev-api-key' } }));
    const [message] = await once(socket, 'message');
    expect(JSON.parse(String(message))).toMatchObject({ type: 'connection_ack' });
    socket.close();
  });

  it.each([
    ['no JSON', '{', 4400],
    ['an unknown message', '{"type":"drop"}', 4400],
    [
      'a subscription before the key',
      '{"type":"subscribe","id":"1","payload":{"query":"subscription { fraudFlagged { cursor } }"}}',
      4401,
    ],
    [
      'a message of more than 100 KiB',
      JSON.stringify({ type: 'ping', payload: { x: 'x'.repeat(110_000) } }),
      1009,
    ],
  ])('%s closes its own connection alone', async (_title, message, expected) => {
    const printed = jest.spyOn(console, 'error').mockReturnValue(undefined);
    const userId = await call.newUser();
    await using stream = await watch(test, VERSIONS, { userId });
    const socket = new WebSocket(webSocketUrl(test), 'graphql-transport-ws');
    await once(socket, 'open');
    socket.send(message);
    const [code] = await once(socket, 'close');
    printed.mockRestore();
    expect(code).toBe(expected);
    await call.topUp(userId, '1.00 MYR');
    expect(await stream.take(1)).toHaveLength(1);
  });
});

describe.each(databases)('the end of a server on $name', (kind) => {
  it('closes its subscriptions by 1012, after the events of what it had accepted', async () => {
    const test = await startApp(kind);
    const call = callsOf(test);
    const userId = await call.newUser();
    const client = webSocketClient(test);
    const closed = new Promise<{ code: number }>((resolve) =>
      client.on('closed', (event) => resolve(event as never)),
    );
    const stream = await watch(test, VERSIONS, { userId });
    await call.topUp(userId, '1.00 MYR');
    expect(await stream.take(1)).toHaveLength(1);
    const opened = new Promise<void>((resolve) => client.on('connected', () => resolve()));
    const own = client.iterate({ query: VERSIONS, variables: { userId } });
    await opened;
    const ends = [own.next(), stream.take(1)].map((next) =>
      expect(next).rejects.toMatchObject({ code: 1012 }),
    );
    const [, event] = await Promise.all([test.app.close(), closed, ...ends]);
    expect(event.code).toBe(1012);
    await test.close();
  });
});
