import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createLogger } from '../../src/log.js';
import { askOverWebSocket, type Calls, callsOf, post, request } from '../support/api.js';
import { FakeClock, NOON, startApp, type TestApp } from '../support/app.js';
import { databases } from '../support/databases.js';

const SECRET = 'sk-live-hush-hush-hush';
const EMAIL = 'aisyah.secret@example.com';
const RATES = '{"query":"{ exchangeRates { rate } }"}';

describe.each(databases)('the logs of a server on $name', (kind) => {
  let test: TestApp;
  let call: Calls;
  let lines: string[] = [];
  beforeAll(async () => {
    const log = createLogger('trace', { write: (line: string) => void lines.push(line) });
    test = await startApp(kind, { API_KEY: SECRET }, new FakeClock(NOON), { log });
    call = callsOf(test);
  });
  beforeEach(() => {
    lines = [];
  });
  afterAll(() => test.close());

  const operations = () => lines.map((line) => JSON.parse(line)).filter(({ msg }) => msg === 'operation');
  /** Everything that a line of a mutation has. */
  const line = (field: string, outcome: object) => ({
    level: 'info',
    time: expect.any(String),
    requestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
    principal: 'api-key:2',
    operation: 'mutation',
    operationName: null,
    fields: [field],
    outcomes: [outcome],
    durationMs: expect.any(Number),
    msg: 'operation',
  });

  it('tell of a money mutation who, what, how it ended and how long it took, and no more', async () => {
    const userId = await call.newUser({ funds: '100.00' });
    lines = [];
    const key = { idempotencyKey: 'log-1' };
    const { transaction } = await call.purchase(userId, '10.00 MYR', key);
    await call.purchase(userId, '10.00 MYR', key);
    await call.purchase(userId, '11.00 MYR', key);
    const failed = (await call.withdraw(userId, '1000.00 MYR')).transaction;
    await call.withdraw('nobody', '1.00 MYR');
    await call.topUp(userId, '0.001 MYR');
    const refund = (await call.refund(transaction.id, '4.00 MYR')).transaction;
    await call.setStatus(userId, 'SUSPENDED');
    const created = 'createTransaction';
    expect(operations()).toEqual([
      line(created, { outcome: 'COMPLETED', transactionId: transaction.id }),
      line(created, { outcome: 'COMPLETED', transactionId: transaction.id, replayed: true }),
      line(created, { outcome: 'IDEMPOTENCY_KEY_REUSED' }),
      line(created, { outcome: 'INSUFFICIENT_BALANCE', transactionId: failed.id }),
      line(created, { outcome: 'USER_NOT_FOUND' }),
      line(created, { outcome: 'INVALID_AMOUNT' }),
      line('refund', { outcome: 'COMPLETED', transactionId: refund.id }),
      line('changeUserStatus', { outcome: 'DONE' }),
    ]);
    const answered = lines.map((text) => JSON.parse(text)).filter(({ msg }) => msg === 'request');
    expect(answered.map(({ requestId }) => requestId)).toEqual(
      operations().map(({ requestId }) => requestId),
    );
  });

  it('tell of a held transaction and of its review', async () => {
    const userId = await call.newUser({ funds: '45000.00' });
    for (let count = 0; count < 11; count += 1) await call.purchase(userId, '1.00 MYR');
    lines = [];
    const held = (await call.purchase(userId, '20000.00 MYR')).transaction;
    await call.review(held.id, 'REJECT');
    await call.review(held.id, 'APPROVE');
    expect(operations()).toEqual([
      line('createTransaction', { outcome: 'PENDING', transactionId: held.id }),
      line('reviewTransaction', { outcome: 'FAILED', transactionId: held.id }),
      line('reviewTransaction', { outcome: 'INVALID_STATUS_TRANSITION' }),
    ]);
  });

  it('tell of each mutation of a document, in order, and of none of a query', async () => {
    const userId = await call.newUser();
    lines = [];
    const one = (name: string, amount: string) => `${name}: createTransaction(input: { userId: "${userId}",
      type: TOP_UP, amount: { amount: "${amount}", currency: "MYR" }, idempotencyKey: "${name}-${userId}" }) { replayed }`;
    await test.graphql(`mutation Both { ${one('a', '1.00')} ${one('b', '0')} }`);
    await test.graphql('query Rates { exchangeRates { rate } }');
    const [both, rates] = operations();
    expect([both.operationName, both.fields]).toEqual(['Both', ['createTransaction']]);
    expect(both.outcomes.map(({ outcome }: { outcome: string }) => outcome)).toEqual([
      'COMPLETED',
      'AMOUNT_BELOW_MINIMUM',
    ]);
    expect(rates).not.toHaveProperty('outcomes');
  });

  /** What must be in no log, answer or header, wherever it was sent. */
  const isUntold = (told: string) => {
    expect(lines.length).toBeGreaterThan(0);
    for (const secret of [SECRET, 'hush', EMAIL]) {
      expect(told).not.toContain(secret);
      expect(lines.join('')).not.toContain(secret);
    }
  };

  it.each([
    `/graphql?x-api-key=${SECRET}`,
    `/graphql?X-API-Key=${SECRET}&api_key=${SECRET}&apiKey=${SECRET}&key=${SECRET}&token=${SECRET}`,
    `/graphql?access_token=${SECRET}&authorization=Bearer%20${SECRET}`,
  ])('know no key of a URL, which opens nothing: %s', async (path) => {
    const headers = { 'content-type': 'application/json', 'apollo-require-preflight': 'true' };
    for (const answer of [
      await request(test, path, { method: 'POST', headers, body: RATES }),
      await request(test, `${path}&query=${encodeURIComponent('{ exchangeRates { rate } }')}`, { headers }),
    ]) {
      expect(answer.status).toBe(401);
      isUntold(answer.text + JSON.stringify([...answer.headers]));
    }
  });

  it.each([`/nothing?key=${SECRET}`, `/%E0%A4%A?key=${SECRET}`, `/graphql/?key=${SECRET}`])(
    'know nothing of the query string of %s',
    async (path) => {
      const answer = await request(test, path);
      expect(answer.status).toBeGreaterThanOrEqual(400);
      expect(answer.text).not.toContain(SECRET);
      expect(lines.join('')).not.toContain(SECRET);
    },
  );

  it.each([
    `Bearer ${SECRET}`,
    `Basic ${SECRET}`,
    SECRET,
    `Bearer  ${SECRET} ${SECRET}`,
    `Bearer ${SECRET}.${SECRET}.${SECRET}`,
    `bearer\t"${SECRET}"`,
  ])('know nothing of a malformed Authorization: %s', async (authorization) => {
    const answer = await post(test, RATES, { 'x-api-key': '', authorization });
    expect(answer.status).toBe(401);
    isUntold(answer.text + JSON.stringify([...answer.headers]));
  });

  it('know nothing of keys, right or wrong, of headers, bodies and what is sent over WebSocket', async () => {
    const answers = [
      await post(test, RATES, { 'x-api-key': SECRET }),
      await post(test, RATES, { 'x-api-key': `${SECRET}x` }),
      await post(test, `{"query":"{ user(id: \\"${SECRET}\\") { id } }","apiKey":"${SECRET}"}`),
      await post(test, `{"query":"{ user(id: \\"a`, { 'x-request-id': `${SECRET} ${SECRET}` }),
    ];
    expect(answers.map(({ status }) => status)).toEqual([200, 401, 200, 400]);
    isUntold(answers.map(({ text, headers }) => text + JSON.stringify([...headers])).join());
    const { results } = await askOverWebSocket(test, {
      query: 'subscription ($userId: ID!) { balanceUpdated(userId: $userId) { cursor } }',
      variables: { userId: SECRET },
    });
    expect(results).toMatchObject([{ errors: [{ extensions: { code: 'USER_NOT_FOUND' } }] }]);
    expect(lines.join('')).not.toContain(SECRET);
  });

  it('know nothing of who a user is', async () => {
    await call.newUser({ email: EMAIL, fullName: 'hush Name' });
    const again = await call.mutate('createUser', { email: EMAIL, fullName: 'hush Name', currency: 'MYR' });
    isUntold(JSON.stringify(again.userErrors));
  });
});
