import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type HttpAnswer, post, request, snapshot, type Told } from '../support/api.js';
import { startApp, type TestApp } from '../support/app.js';
import { databases } from '../support/databases.js';
import { openRaw } from '../support/raw-socket.js';

/** What a scanner of GraphQL servers tries, with a right key, against a server in production. */

const sqlite = databases[0] as (typeof databases)[number];
const KEY = 'a-secret-of-production';
const USER = 'user-001';
const INVALID = 'GRAPHQL_VALIDATION_FAILED';
/** What breaks a rule of the language is told beside the limit. */
const UNKNOWN = expect.stringMatching(/^(TOO_MANY_DIRECTIVES|GRAPHQL_VALIDATION_FAILED)$/);

const many = (count: number, item: (index: number) => string) =>
  Array.from({ length: count }, (_, index) => item(index)).join(' ');
const rates = (selection: string) => `{ exchangeRates { ${selection} } }`;
const watching = (selection: string) => `subscription { balanceUpdated(userId: "${USER}") { ${selection} } }`;
const circular = (depth: number) =>
  `{ __schema { types { ${'fields { type { '.repeat(depth)} name ${'} }'.repeat(depth)} } } }`;
const CREATE = `mutation { createUser(input: { email: "probe@example.com", fullName: "Probe", currency: "MYR" }) { user { id } } }`;

describe('a scanner’s probes of a server in production', () => {
  let test: TestApp;
  let before: unknown;
  beforeAll(async () => {
    test = await startApp(sqlite, {
      NODE_ENV: 'production',
      HOST: '127.0.0.1',
      API_KEY: KEY,
      SEED_DEMO_DATA: 'true',
    });
    before = await snapshot(test);
  });
  afterAll(async () => {
    // No probe changed anything.
    expect(await snapshot(test)).toEqual(before);
    await test.close();
  });

  const ask = (query: string, headers: Record<string, string> = {}, variables?: object) =>
    post(test, JSON.stringify({ query, variables }), { 'x-api-key': KEY, ...headers });
  const get = (query: string, headers: Record<string, string>) =>
    request(test, `/graphql?query=${encodeURIComponent(query)}`, {
      headers: { 'x-api-key': KEY, ...headers },
    });

  const isRefused = ({ status, json, text }: HttpAnswer, expected: number, code: unknown) => {
    expect([status, Object.keys(json)]).toEqual([expected, ['errors']]);
    for (const { extensions } of json.errors) {
      expect(extensions).toMatchObject({ code, retryable: false, requestId: expect.stringMatching(/\S/) });
    }
    tellsNothing(text);
  };
  const tellsNothing = (text: string) => {
    expect(text).not.toMatch(/did you mean|stack|node_modules|INTERNAL|tracing|ftv1|\.[jt]s:\d+/i);
  };

  /** What a subscription is refused with over WebSocket. */
  const askOverWebSocket = async (payload: object): Promise<Told> => {
    await using raw = await openRaw(test.app.url);
    raw.say({ type: 'connection_init', payload: { 'X-API-Key': KEY } });
    await raw.untilHeard('connection_ack');
    raw.say({ id: '1', type: 'subscribe', payload });
    const answer = Array.isArray(payload) ? await raw.closed : await raw.untilHeard('error', 'next');
    tellsNothing(JSON.stringify(answer));
    return answer;
  };
  const isRefusedOverWebSocket = async (query: string, code: unknown) => {
    const { type, payload } = await askOverWebSocket({ query });
    expect(type).toBe('error');
    for (const { extensions } of payload) {
      expect(extensions).toMatchObject({ code, retryable: false, requestId: expect.stringMatching(/\S/) });
    }
  };

  it('are made against a server that answers what is right, as much as is allowed', async () => {
    expect((await ask(rates(many(15, (index) => `a${index}: rate`)))).status).toBe(200);
    expect(
      (await ask(rates(`rate ${many(5, (index) => `a${index}: rate @include(if: true)`)}`))).status,
    ).toBe(200);
    expect(
      (await askOverWebSocket({ query: watching(many(15, (index) => `a${index}: delivery`)) })).type,
    ).toBe('next');
  });

  describe.each([
    ['16 aliases', 'TOO_MANY_ALIASES', many(16, (index) => `a${index}: __typename`)],
    ['101 aliases', 'TOO_MANY_ALIASES', many(101, (index) => `a${index}: __typename`)],
    ['6 directives', 'TOO_MANY_DIRECTIVES', many(6, (index) => `a${index}: __typename @include(if: true)`)],
    ['500 times the same field', 'TOO_MANY_FIELDS', many(500, () => '__typename')],
    ['10 directives that there are not', UNKNOWN, `__typename ${'@aa'.repeat(10)}`],
    ['10 times the same directive', UNKNOWN, `__typename ${'@skip(if: false)'.repeat(10)}`],
  ])('1–3. overloading with %s', (_title, code, selection) => {
    it('is refused over HTTP', async () => {
      isRefused(await ask(rates(selection)), 400, code);
      isRefused(await ask(`{ ${selection} }`), 400, code);
    });

    it('is refused over WebSocket', async () => {
      await isRefusedOverWebSocket(watching(selection), code);
    });
  });

  it('4. batches are refused over HTTP', async () => {
    const batch = JSON.stringify(Array.from({ length: 10 }, () => ({ query: '{ __typename }' })));
    isRefused(await post(test, batch, { 'x-api-key': KEY }), 400, 'BAD_REQUEST');
  });

  it('4. batches are refused over WebSocket', async () => {
    const batch = Array.from({ length: 10 }, () => ({ query: watching('delivery') }));
    expect((await askOverWebSocket(batch))[0]).toBe(4400);
  });

  describe.each([
    ['5. a circular introspection', circular(3)],
    ['6. an introspection', '{ __schema { types { name fields { name } } } }'],
    ['6. an introspection of one type', '{ __type(name: "User") { name fields { name } } }'],
  ])('%s', (_title, query) => {
    it('is refused over HTTP', async () => {
      isRefused(await ask(query), 400, INVALID);
      isRefused(await get(query, { 'apollo-require-preflight': 'true' }), 400, INVALID);
    });

    it('is refused over WebSocket', async () => {
      await isRefusedOverWebSocket(query, expect.stringMatching(`^(BAD_REQUEST|${INVALID})$`));
      await isRefusedOverWebSocket(`subscription ${query}`, INVALID);
    });
  });

  it.each([
    ['a field', '{ exchangeRate { rate } }', undefined],
    ['an inner field', '{ exchangeRates { rat } }', undefined],
    ['a selection', '{ exchangeRates }', undefined],
    ['an argument', '{ user(ids: "x") { id } }', undefined],
    [
      'a type',
      'query ($filter: TransactionFilte) { transactions(filter: $filter) { nodes { id } } }',
      undefined,
    ],
    ['an enum value', '{ transactions(filter: { status: [COMPLETE] }) { nodes { id } } }', undefined],
    ['an input field', '{ transactions(filter: { statu: [COMPLETED] }) { nodes { id } } }', undefined],
    ['a directive', '{ exchangeRates { rate @includ(if: true) } }', undefined],
    ['a fragment', '{ exchangeRates { ... on ExchangeRat { rate } } }', undefined],
    [
      'an enum value of a variable',
      'query ($filter: TransactionFilter) { transactions(filter: $filter) { nodes { id } } }',
      { filter: { status: ['COMPLETE'] } },
    ],
    [
      'an input field of a variable',
      'query ($filter: TransactionFilter) { transactions(filter: $filter) { nodes { id } } }',
      { filter: { statu: ['COMPLETED'] } },
    ],
  ])('7. a name nearly right of %s is refused without the right one', async (_title, query, variables) => {
    isRefused(await ask(query, {}, variables), 400, variables ? 'BAD_USER_INPUT' : INVALID);
  });

  it.each([
    ['a field', 'subscription { balanceUpdate(userId: "user-001") { delivery } }'],
    ['an inner field', watching('deliver')],
    ['an argument', 'subscription { balanceUpdated(userIds: "user-001") { delivery } }'],
    [
      'a type',
      'subscription ($after: EventCurso) { balanceUpdated(userId: "user-001", after: $after) { delivery } }',
    ],
  ])(
    '7. a name nearly right of %s is refused without the right one over WebSocket',
    async (_title, query) => {
      await isRefusedOverWebSocket(query, INVALID);
    },
  );

  it('8. queries by GET are refused unless no page could have made them', async () => {
    isRefused(await get(rates('rate'), {}), 400, 'BAD_REQUEST');
    isRefused(await get(rates('rate'), { 'content-type': 'text/plain' }), 400, 'BAD_REQUEST');
    expect((await get(rates('rate'), { 'apollo-require-preflight': 'true' })).status).toBe(200);
  });

  it('9. mutations by GET are refused', async () => {
    const answer = await get(CREATE, { 'apollo-require-preflight': 'true' });
    isRefused(answer, 405, 'BAD_REQUEST');
    expect(answer.headers.get('allow')).toBe('POST');
    isRefused(await get(CREATE, {}), 400, 'BAD_REQUEST');
  });

  it('9. queries and mutations over WebSocket are refused', async () => {
    await isRefusedOverWebSocket(rates('rate'), 'BAD_REQUEST');
    await isRefusedOverWebSocket(CREATE, 'BAD_REQUEST');
  });

  it.each([rates('rate'), CREATE])('10. forms are refused: %s', async (query) => {
    const form = new URLSearchParams({ query }).toString();
    for (const type of ['application/x-www-form-urlencoded', 'multipart/form-data; boundary=x']) {
      const answer = await post(test, form, { 'x-api-key': KEY, 'content-type': type });
      isRefused(answer, 415, 'UNSUPPORTED_MEDIA_TYPE');
    }
    isRefused(await post(test, form, { 'x-api-key': KEY, 'content-type': 'text/plain' }), 400, 'BAD_REQUEST');
  });

  it('11. no trace is told', async () => {
    const headers = { 'apollo-federation-include-trace': 'ftv1', 'x-apollo-tracing': '1', tracing: 'true' };
    const { status, json, text } = await ask(rates('rate'), headers);
    expect([status, json.data.exchangeRates.length]).toEqual([200, 3]);
    tellsNothing(text);
    const told = await askOverWebSocket({ query: watching('delivery'), extensions: { tracing: true } });
    expect(told.payload.data).toEqual({ balanceUpdated: { delivery: 'SNAPSHOT' } });
  });

  it.each([
    '/graphql',
    '/graphiql',
    '/playground',
    '/console',
    '/altair',
    '/voyager',
    '/sandbox',
    '/graphql-explorer',
    '/graphql/console',
    '/v1/graphql',
  ])('12. no IDE is shown to a browser at %s', async (path) => {
    const { status, headers, text } = await request(test, path, { headers: { accept: 'text/html' } });
    expect([400, 404]).toContain(status);
    expect(headers.get('content-type')).toMatch(/^application\/json/);
    expect(text).not.toMatch(/<html|<script|sandbox\.embed/i);
  });

  it.each([
    ['no document', 'queryy { __typename }'],
    ['an open brace', '{'],
    ['a document of nothing', '#'],
    ['an unknown variable', '{ user(id: $id) { id } }'],
    ['a fragment in a circle', '{ ...A } fragment A on Query { ...A }'],
    ['too deep a value', `{ user(id: ${'['.repeat(900)}) { id } }`],
    ['too many tokens', `{ ${many(1_100, () => '__typename')} }`],
  ])('13. an error tells nothing of the inside: %s', async (_title, query) => {
    isRefused(await ask(query), 400, expect.stringMatching(/^GRAPHQL_(PARSE|VALIDATION)_FAILED$/));
    await isRefusedOverWebSocket(query, expect.stringMatching(/^GRAPHQL_(PARSE|VALIDATION)_FAILED$/));
  });
});
