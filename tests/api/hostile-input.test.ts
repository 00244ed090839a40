import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  type Calls,
  callsOf,
  mutationOf,
  post,
  snapshot,
  type Told,
  USER_ERRORS,
  unique,
} from '../support/api.js';
import { startApp, type TestApp } from '../support/app.js';
import { databases } from '../support/databases.js';

const shown = (text: string) =>
  JSON.stringify(text.length > 30 ? `${text.slice(0, 30)}…${text.length}` : text);

/** Texts that are harmless when they are treated as texts. */
const odd = [
  `'; DROP TABLE users; --`,
  `" \\" \\\\ \\u0000 '' \`\``,
  'what? how?? :name $1 {x} %s {0} @p1',
  '🦜👩‍👩‍👧‍👦 𝕯𝖔𝖒𝖕𝖊𝖙',
  'Ünïcödé 黃 العربية עברית',
  '<script>alert(1)</script>',
  '__proto__',
  'constructor',
  'null',
  '%|_%',
];
/** Texts that no field of words may keep. */
const broken = ['a\u0000b', '\u0000', 'a\ud800b', '\udc00', 'a\u0007b', 'two\nlines', '\u007f', '\u0085x'];
const long = 'x'.repeat(40_000);

const METADATA_MAX = 8 * 1024;
const metadataOf = (bytes: number) => ({ a: 'x'.repeat(bytes - 8) });
const nested = (depth: number, open: string, close: string) =>
  `{"a":${open.repeat(depth)}${close.repeat(depth)}}`;

describe.each(databases)('hostile input on $name', (kind) => {
  let test: TestApp;
  let call: Calls;
  let bystander: string;
  beforeAll(async () => {
    test = await startApp(kind, {
      FRAUD_SCORE_REVIEW_THRESHOLD: '101',
      FRAUD_SCORE_HIGH_THRESHOLD: '101',
    });
    call = callsOf(test);
    bystander = await call.newUser({ funds: '100.00' });
  });
  afterAll(async () => {
    // After all of it the server still serves others.
    expect(await call.wallet(bystander)).toEqual(['100.00', '0.00', '100.00', 1]);
    await test.close();
  });

  const read = async (id: string): Promise<Told> =>
    (
      await call.query(
        'query($id: ID!) { transaction(id: $id) { merchantName reason metadata idempotencyKey review { note } reversal { reason } } }',
        { id },
      )
    ).transaction;

  describe.each(odd.map((text) => [shown(text), text]))('the text %s', (_title, text = '') => {
    it('is kept as it is wherever words are kept', async () => {
      const userId = await call.newUser({ fullName: text, funds: '10.00' });
      const metadata = JSON.parse(`{${JSON.stringify(text)}: [${JSON.stringify(text)}]}`);
      const { id } = (await call.purchase(userId, '1.00 MYR', { merchantName: text, metadata })).transaction;
      const again = (await call.purchase(userId, '1.00 MYR', { merchantName: text, metadata })).transaction;
      expect(again.fraudFlags).toEqual(['POSSIBLE_DUPLICATE']);
      const refund = (await call.refund(id, undefined, { reason: text })).transaction;
      await call.reverse(again.id, { reason: text });
      expect((await read(id)).merchantName).toBe(text);
      expect(JSON.stringify((await read(id)).metadata)).toBe(JSON.stringify(metadata));
      expect((await read(refund.id)).reason).toBe(text);
      expect((await read(again.id)).reversal.reason).toBe(text);
      const { user } = await call.query('query($userId: ID!) { user(id: $userId) { fullName } }', { userId });
      expect(user.fullName).toBe(text);
    });

    it('is no id, key, cursor, e-mail or category, and finds nothing', async () => {
      const before = await snapshot(test);
      const answer = await test.graphql(
        `query($text: String!, $id: ID!) { user(id: $id) { id } transaction(id: $id) { id }
          a: transactions(userId: $id) { nodes { id } }
          b: transactionByIdempotencyKey(userId: $id, idempotencyKey: $text) { id }
          c: transactionByIdempotencyKey(userId: "${bystander}", idempotencyKey: $text) { id } }`,
        { text, id: text },
      );
      expect(answer.errors).toEqual([]);
      expect(answer.data).toEqual({ user: null, transaction: null, a: { nodes: [] }, b: null, c: null });
      for (const [argument, code] of [
        ['after', 'BAD_USER_INPUT'],
        ['before', 'BAD_USER_INPUT'],
      ] as const) {
        const { errors } = await test.graphql(
          `query($text: String!) { transactions(${argument}: $text) { nodes { id } } }`,
          { text },
        );
        expect(errors.map(({ extensions }) => [extensions.code, extensions.argumentPath])).toEqual([
          [code, [argument]],
        ]);
      }
      const email = await call.mutate('createUser', { email: text, fullName: 'A', currency: 'MYR' });
      expect(email.userErrors).toMatchObject([{ code: 'INVALID_EMAIL' }]);
      expect(await snapshot(test)).toEqual(before);
    });
  });

  describe.each([...broken, long].map((text) => [shown(text), text]))('the text %s', (_title, text = '') => {
    it('is refused by its code wherever words are kept, and nothing is written', async () => {
      const userId = await call.newUser({ funds: '10.00' });
      const { id } = (await call.purchase(userId, '1.00 MYR')).transaction;
      const before = await snapshot(test);
      const email = `${text}@example.com`;
      const refusals = [
        await call.purchase(userId, '1.00 MYR', { merchantName: text }),
        await call.purchase(userId, '1.00 MYR', { merchantCategory: text }),
        await call.purchase(userId, '1.00 MYR', { idempotencyKey: text }),
        await call.purchase(text, '1.00 MYR'),
        await call.refund(id, undefined, { reason: text }),
        await call.refund(text),
        await call.review(id, 'REJECT', text),
        await call.reverse(id, { reason: text }),
        await call.mutate('createUser', { email, fullName: 'A', currency: 'MYR' }),
        await call.mutate('createUser', { email: 'n@example.com', fullName: text, currency: 'MYR' }),
        await call.mutate('createUser', { email: 'n@example.com', fullName: 'A', currency: 'MYR', id: text }),
        await call.mutate('createUser', {
          email: 'n@example.com',
          fullName: 'A',
          currency: 'MYR',
          timeZone: text,
        }),
        await call.mutate('changeUserStatus', { userId, status: 'SUSPENDED', reason: text }),
      ];
      expect(refusals.map(({ userErrors }) => userErrors.map(({ code }: Told) => code))).toEqual([
        ['INVALID_MERCHANT_NAME'],
        ['INVALID_MERCHANT_CATEGORY'],
        ['INVALID_IDEMPOTENCY_KEY'],
        ['USER_NOT_FOUND'],
        ['INVALID_REASON'],
        ['TRANSACTION_NOT_FOUND'],
        ['INVALID_NOTE'],
        ['INVALID_REASON'],
        ['INVALID_EMAIL'],
        ['INVALID_FULL_NAME'],
        ['INVALID_USER_ID'],
        ['INVALID_TIME_ZONE'],
        ['INVALID_REASON'],
      ]);
      expect(refusals[3].userErrors[0].id).toBe(text);
      expect(refusals[5].userErrors[0].id).toBe(text);
      expect(await snapshot(test)).toEqual(before);
    });

    it('finds nothing and is no cursor, filter or stream', async () => {
      const answer = await test.graphql(
        `query($text: String!, $id: ID!) { user(id: $id) { id } transaction(id: $id) { id }
          transactions(userId: $id) { nodes { id } }
          transactionByIdempotencyKey(userId: "${bystander}", idempotencyKey: $text) { id } }`,
        { text, id: text },
      );
      expect(answer.errors).toEqual([]);
      expect(answer.data).toEqual({
        user: null,
        transaction: null,
        transactions: { nodes: [] },
        transactionByIdempotencyKey: null,
      });
      const after = await test.graphql(
        'query($text: String) { transactions(after: $text) { nodes { id } } }',
        { text },
      );
      expect(after.errors).toMatchObject([
        { extensions: { code: 'BAD_USER_INPUT', argumentPath: ['after'] } },
      ]);
      const filter = await test.graphql(
        'query($text: String!) { transactions(filter: { merchantCategory: [$text] }) { nodes { id } } }',
        { text },
      );
      expect(filter.errors).toMatchObject([
        { extensions: { code: 'INVALID_MERCHANT_CATEGORY', argumentPath: ['filter', 'merchantCategory'] } },
      ]);
    });
  });

  it.each(['a?b??c', '$1:name@p', `'";--\\`, '!~', 'x'.repeat(128)])(
    'the idempotency key %s works like any other',
    async (idempotencyKey) => {
      const userId = await call.newUser({ funds: '10.00' });
      const first = await call.purchase(userId, '1.00 MYR', { idempotencyKey });
      const again = await call.purchase(userId, '1.00 MYR', { idempotencyKey });
      expect(again).toEqual({ ...first, replayed: true });
      expect(first.transaction.idempotencyKey).toBe(idempotencyKey);
    },
  );

  describe('metadata', () => {
    /** Sends metadata as the exact JSON text that is given. */
    const send = async (metadata: string): Promise<Told> => {
      const input = `{"userId":"${bystanderOf()}","type":"TOP_UP","amount":{"amount":"0.01","currency":"MYR"},"metadata":${metadata},"idempotencyKey":"${unique('key')}"}`;
      const query = `mutation($input: CreateTransactionInput!) { createTransaction(input: $input) { transaction { id metadata } ${USER_ERRORS} } }`;
      const { status, json } = await post(
        test,
        `{"query":${JSON.stringify(query)},"variables":{"input":${input}}}`,
      );
      expect([status, json.errors]).toEqual([200, undefined]);
      return json.data.createTransaction;
    };
    let owner = '';
    const bystanderOf = () => owner;
    beforeAll(async () => {
      owner = await call.newUser();
    });

    it.each([
      ['{}'],
      ['{"":""}'],
      ['{"a":null,"b":true,"c":[1,-2,0.5,1e-7],"d":{"e":{}}}'],
      ['{"nul":"\\u0000","surrogate":"\\ud800","\\udc00":"\\ud83e\\udd9c","line":"\\n\\u2028"}'],
      ['{"__proto__":{"admin":true},"constructor":{"prototype":{"x":1}},"toString":"x"}'],
      ['{"nested":{"__proto__":"kept"}}'],
      ['{"minor":"1","amount":"2","createdAt":"not a date","posted":"x","metadata":{"minor":"y"}}'],
      ['{"safe":9007199254740991,"least":-9007199254740991}'],
      ['{"10":"ten","9":"nine"}'],
    ])('%s is returned as it was given, now and later', async (text) => {
      const { transaction, userErrors } = await send(text);
      expect(userErrors).toEqual([]);
      const given = JSON.stringify(JSON.parse(text));
      expect(JSON.stringify(transaction.metadata)).toBe(given);
      expect(JSON.stringify((await read(transaction.id)).metadata)).toBe(given);
      expect(({} as Record<string, unknown>).admin).toBeUndefined();
    });

    it('may be written as a literal', async () => {
      const { createTransaction } =
        await call.query(`mutation { createTransaction(input: { userId: "${owner}", type: TOP_UP,
        amount: { amount: 0.01, currency: "MYR" }, idempotencyKey: "${unique('key')}",
        metadata: { a: 1, b: [1.5, "x", null, ENUM], __proto__: { c: true } } }) { transaction { metadata } } }`);
      expect(JSON.stringify(createTransaction.transaction.metadata)).toBe(
        '{"a":1,"b":[1.5,"x",null,"ENUM"],"__proto__":{"c":true}}',
      );
    });

    it.each([
      ['exactly 8 KiB', JSON.stringify(metadataOf(METADATA_MAX)), null],
      ['one byte more', JSON.stringify(metadataOf(METADATA_MAX + 1)), 'takes 8193 bytes'],
      ['8 KiB of two-byte characters', `{"a":"${'ü'.repeat(4092)}"}`, null],
      ['a byte more of them', `{"ab":"${'ü'.repeat(4092)}"}`, 'takes 8193 bytes'],
      ['90 KB', JSON.stringify(metadataOf(90_000)), 'takes 90000 bytes'],
      ['an unsafe integer', '{"n":9007199254740993}', 'too large to be kept exactly'],
      ['an unsafe integer deep inside', '{"a":[{"n":-9007199254740992}]}', 'too large to be kept exactly'],
      ['an infinite number', '{"n":1e999}', 'too large to be kept exactly'],
      ['a list', '[]', 'must be a JSON object'],
      ['a text', '"text"', 'must be a JSON object'],
      ['a number', '5', 'must be a JSON object'],
      ['a boolean', 'true', 'must be a JSON object'],
      ['no object', 'null', null],
    ])('of %s is kept or refused', async (_title, text, refusal) => {
      const before = await snapshot(test);
      const { transaction, userErrors } = await send(text);
      if (refusal === null) {
        expect(userErrors).toEqual([]);
        expect(transaction.metadata).toEqual(JSON.parse(text));
      } else {
        expect(userErrors).toMatchObject([{ code: 'INVALID_METADATA', path: ['input', 'metadata'] }]);
        expect(userErrors[0].message).toContain(refusal);
        expect(await snapshot(test)).toEqual(before);
      }
    });

    it.each([
      ['100 lists', nested(100, '[', ']')],
      ['1,000 lists', nested(1_000, '[', ']')],
      ['4,000 lists', nested(4_000, '[', ']')],
      ['1,300 objects', `{"a":${'{"a":'.repeat(1_300)}1${'}'.repeat(1_300)}}`],
      ['40,000 lists', nested(40_000, '[', ']')],
    ])('nested in %s is kept exactly or refused by its code', async (_title, text) => {
      const { transaction, userErrors } = await send(text);
      if (userErrors.length === 0) expect(JSON.stringify(transaction.metadata)).toBe(text);
      else expect(userErrors).toMatchObject([{ code: 'INVALID_METADATA', path: ['input', 'metadata'] }]);
      if (transaction) expect(JSON.stringify((await read(transaction.id)).metadata)).toBe(text);
    });
  });

  it.each([
    ['a number for a text', { merchantName: 5 }],
    ['a list for a text', { merchantName: ['a'] }],
    ['an object for a text', { merchantName: {} }],
    ['a boolean for a key', { idempotencyKey: true }],
    ['null for a key', { idempotencyKey: null }],
    ['an object for an id', { userId: {} }],
    ['a fraction for an id', { userId: 1.5 }],
    ['null for an id', { userId: null }],
    ['an unknown type', { type: 'GIFT' }],
    ['a type in lower case', { type: 'purchase' }],
    ['null for a type', { type: null }],
    ['a number for a type', { type: 0 }],
    ['an unknown member', { admin: true }],
    ['a member of every object', { toString: 'x' }],
  ])('%s is refused by its shape, before anything is done', async (_title, more) => {
    const before = await snapshot(test);
    const input = {
      userId: bystander,
      amount: { amount: '1.00', currency: 'MYR' },
      merchantName: 'Kopi',
      merchantCategory: 'food',
      idempotencyKey: unique('key'),
      ...more,
    };
    const { errors, status } = await test.graphql(mutationOf('createTransaction'), { input });
    expect([status, errors.length]).toEqual([400, 1]);
    expect(errors[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', retryable: false });
    expect(errors[0]?.message).toMatch(/^Variable "\$input" got invalid value/);
    expect(await snapshot(test)).toEqual(before);
  });

  it.each([
    ['{ transactions(first: 1.5) { nodes { id } } }'],
    ['{ transactions(first: "1") { nodes { id } } }'],
    ['{ transactions(first: 99999999999) { nodes { id } } }'],
    ['{ transactions(filter: { status: DONE }) { nodes { id } } }'],
    ['{ transactions(filter: { status: [null] }) { nodes { id } } }'],
    ['{ transactions(orderBy: { field: AMOUNT }) { nodes { id } } }'],
    ['{ user { id } }'],
    ['{ user(id: true) { id } }'],
    ['{ __proto__ }'],
    ['{ user(id: "a") }'],
    ['{ a: exchangeRates { rate } a: transactions { nodes { id } } }'],
    ['query A { exchangeRates { rate } } query A { exchangeRates { rate } }'],
    ['query { ...F } fragment F on Query { ...F }'],
  ])('the document %s is refused as invalid', async (query) => {
    const { errors, status } = await test.graphql(query);
    expect(status).toBe(400);
    expect(errors.length).toBeGreaterThan(0);
    for (const { extensions } of errors) expect(extensions.code).toBe('GRAPHQL_VALIDATION_FAILED');
  });

  it.each([
    ['an empty document', '', 'BAD_REQUEST'],
    ['an unclosed one', '{ exchangeRates { rate }', 'GRAPHQL_PARSE_FAILED'],
    ['a NUL character', '{ exchangeRates\u0000 { rate } }', 'GRAPHQL_PARSE_FAILED'],
    ['a lone surrogate', '{ user(id: "\ud800") { id } }', 'GRAPHQL_PARSE_FAILED'],
    ['far too many tokens', `{ ${'exchangeRates { rate } '.repeat(300)} }`, 'GRAPHQL_PARSE_FAILED'],
    ['deep nesting of nothing', '{'.repeat(900), 'GRAPHQL_PARSE_FAILED'],
    [
      'two operations and no name',
      'query A { exchangeRates { rate } } query B { exchangeRates { rate } }',
      'OPERATION_RESOLUTION_FAILURE',
    ],
    ['a subscription over HTTP', 'subscription { fraudFlagged { cursor } }', 'BAD_REQUEST'],
  ])('%s is refused by its code', async (_title, query, code) => {
    const { status, json, text } = await post(test, JSON.stringify({ query }));
    expect(status).toBe(400);
    expect(json.errors).toHaveLength(1);
    expect(json.errors[0].extensions).toMatchObject({ code, requestId: expect.stringMatching(/\S/) });
    expect(text).not.toMatch(/stack|node_modules|\.ts:/);
  });

  it('a cursor of an impossible instant or amount is refused or finds nothing, and is never a fault', async () => {
    const id = '00000000-0000-7000-8000-000000000000';
    const cursorOf = (...parts: unknown[]) => Buffer.from(JSON.stringify(parts)).toString('base64url');
    for (const [field, value] of [
      ['CREATED_AT', '+275760-09-13T00:00:00.000Z'],
      ['CREATED_AT', '-271821-04-20T00:00:00.000Z'],
      ['CREATED_AT', '-000001-01-01T00:00:00.000Z'],
      ['CREATED_AT', '0000-01-01T00:00:00.000Z'],
      ['CREATED_AT', '9999-12-31T23:59:59.999Z'],
      ['AMOUNT', '999999999999999999'],
      ['AMOUNT', '-999999999999999999'],
      ['AMOUNT', '-0'],
    ] as const) {
      const after = cursorOf(`${field === 'AMOUNT' ? 'baseAmount' : 'createdAt'}:asc`, value, id);
      const { errors } = await test.graphql(
        `query($after: String) { transactions(after: $after, orderBy: { field: ${field}, direction: ASC }) { nodes { id } } }`,
        { after },
      );
      expect([
        value,
        errors.map(({ extensions }) => extensions.code).filter((code) => code !== 'BAD_USER_INPUT'),
      ]).toEqual([value, []]);
    }
  });

  it('a filter of extreme ranges is answered', async () => {
    const nodes = async (filter: string): Promise<unknown[]> =>
      (await call.query(`{ transactions(userId: "${bystander}", filter: ${filter}) { nodes { id } } }`))
        .transactions.nodes;
    expect(
      await nodes('{ createdAt: { gte: "0001-01-01T00:00:00Z", lt: "9999-12-31T23:59:59.999Z" } }'),
    ).toHaveLength(1);
    expect(await nodes('{ createdAt: { lt: "0001-01-01T00:00:00Z" } }')).toEqual([]);
    expect(await nodes('{ fraudScore: { gte: -2147483648, lt: 2147483647 } }')).toHaveLength(1);
    expect(await nodes('{ amount: { gte: "-9999999999999999", lt: "9999999999999999" } }')).toHaveLength(1);
    const { errors } = await test.graphql(
      '{ transactions(filter: { amount: { gte: "99999999999999999" } }) { nodes { id } } }',
    );
    expect(errors).toMatchObject([
      { extensions: { code: 'BAD_USER_INPUT', argumentPath: ['filter', 'amount', 'gte'] } },
    ]);
  });

  it('a filter with thousands of categories is answered', async () => {
    const merchantCategory = Array.from({ length: 12_000 }, (_, index) => `c${index.toString(36)}`);
    const { transactions } = await call.query(
      'query($merchantCategory: [String!]) { transactions(filter: { merchantCategory: $merchantCategory }) { nodes { id } } }',
      { merchantCategory },
    );
    expect(transactions.nodes).toEqual([]);
  });
});
