import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Calls, callsOf, mutationOf, post, snapshot, type Told, unique } from '../support/api.js';
import { type Answer, startApp, type TestApp } from '../support/app.js';
import { databases } from '../support/databases.js';

const short = (text: string) => (text.length > 40 ? `${text.slice(0, 40)}… (${text.length})` : text);
const titled = <T>(values: readonly T[]) =>
  values.map((value): [string, T] => [short(JSON.stringify(value)), value]);

describe.each(databases)('amounts on $name', (kind) => {
  let test: TestApp;
  let call: Calls;
  let userId: string;
  beforeAll(async () => {
    test = await startApp(kind, {
      EXCHANGE_RATE_JPY_TO_MYR: '0.0305',
      EXCHANGE_RATE_KWD_TO_MYR: '15.3',
      FRAUD_SCORE_REVIEW_THRESHOLD: '101',
      FRAUD_SCORE_HIGH_THRESHOLD: '101',
    });
    call = callsOf(test);
    userId = await call.newUser();
  });
  afterAll(() => test.close());

  const ask = (amount: unknown, currency: unknown = 'MYR'): Promise<Answer> =>
    test.graphql(mutationOf('createTransaction'), {
      input: { userId, type: 'TOP_UP', amount: { amount, currency }, idempotencyKey: unique('key') },
    });
  const askLiteral = (amount: string, currency = '"MYR"'): Promise<Answer> =>
    test.graphql(`mutation { createTransaction(input: { userId: "${userId}", type: TOP_UP,
      amount: { amount: ${amount}, currency: ${currency} }, idempotencyKey: "${unique('key')}" }) {
      transaction { amount { amount currency minorUnits exponent } walletAmount { minorUnits } } userErrors { code path } } }`);

  async function leavesAll(asked: () => Promise<Answer>): Promise<Answer> {
    const before = await snapshot(test);
    const answer = await asked();
    expect(await snapshot(test)).toEqual(before);
    return answer;
  }

  it.each([
    ['0.01', 'MYR', '0.01', '0.01'],
    ['0.1', 'MYR', '0.10', '0.10'],
    ['5', 'MYR', '5.00', '5.00'],
    ['007.50', 'MYR', '7.50', '7.50'],
    ['50000', 'MYR', '50000.00', '50000.00'],
    ['50000.00', 'MYR', '50000.00', '50000.00'],
    ['1', 'JPY', '1', '0.03'],
    ['1639344', 'JPY', '1639344', '49999.99'],
    ['0.001', 'KWD', '0.001', '0.02'],
    ['0.01', 'SGD', '0.01', '0.04'],
    ['0.03', 'SGD', '0.03', '0.10'],
    ['0.05', 'SGD', '0.05', '0.18'],
    ['10638.29', 'USD', '10638.29', '49999.96'],
  ])('accepts %s %s and credits it exactly', async (written, currency, amount, walletAmount) => {
    const before = (await call.wallet(userId))[0];
    const { errors, data } = await ask(written, currency);
    expect(errors).toEqual([]);
    expect(data.createTransaction.userErrors).toEqual([]);
    expect(data.createTransaction.transaction).toMatchObject({
      status: 'COMPLETED',
      amount: { amount, currency },
      walletAmount: { amount: walletAmount, currency: 'MYR' },
    });
    const cents = (text: string) => BigInt(text.replace('.', ''));
    expect(cents((await call.wallet(userId))[0]) - cents(before)).toBe(cents(walletAmount));
  });

  it.each(
    [
      ['50000.01', 'MYR', 'AMOUNT_ABOVE_MAXIMUM'],
      ['1639345', 'JPY', 'AMOUNT_ABOVE_MAXIMUM'],
      ['10638.30', 'USD', 'AMOUNT_ABOVE_MAXIMUM'],
      ['12345678901234567', 'MYR', 'AMOUNT_ABOVE_MAXIMUM'],
      ['9223372036854775808', 'MYR', 'AMOUNT_ABOVE_MAXIMUM'],
      ['9'.repeat(64), 'JPY', 'AMOUNT_ABOVE_MAXIMUM'],
      ['0', 'MYR', 'AMOUNT_BELOW_MINIMUM'],
      ['0.00', 'MYR', 'AMOUNT_BELOW_MINIMUM'],
      ['-0', 'MYR', 'AMOUNT_BELOW_MINIMUM'],
      ['-0.01', 'MYR', 'AMOUNT_BELOW_MINIMUM'],
      ['-5', 'MYR', 'AMOUNT_BELOW_MINIMUM'],
      ['-99999999999999999999', 'MYR', 'AMOUNT_BELOW_MINIMUM'],
      ['0.001', 'MYR', 'INVALID_AMOUNT'],
      ['45.500', 'MYR', 'INVALID_AMOUNT'],
      ['-0.001', 'MYR', 'INVALID_AMOUNT'],
      ['1.0', 'JPY', 'INVALID_AMOUNT'],
      ['0.0001', 'KWD', 'INVALID_AMOUNT'],
      ['0.001', 'EUR', 'INVALID_AMOUNT'],
      [`0.${'0'.repeat(61)}1`, 'MYR', 'INVALID_AMOUNT'],
    ].map((row): [string, ...string[]] => [short(row[0] as string), ...row]),
  )('refuses %s as a user error and writes nothing', async (_title, written, currency = '', code = '') => {
    const { errors, status, data } = await leavesAll(() => ask(written, currency));
    expect([errors, status]).toEqual([[], 200]);
    expect(data.createTransaction).toMatchObject({
      transaction: null,
      replayed: false,
      userErrors: [{ __typename: 'InputError', code, path: ['input', 'amount', 'amount'] }],
    });
  });

  it.each(['EUR', 'XXX', 'ZZZ'])('refuses the currency %s, whatever the amount', async (currency) => {
    for (const amount of ['1', '0', '-1', '99999999999999999999']) {
      const { errors, data } = await leavesAll(() => ask(amount, currency));
      expect(errors).toEqual([]);
      expect(data.createTransaction.userErrors).toMatchObject([
        { __typename: 'InputError', code: 'UNSUPPORTED_CURRENCY', path: ['input', 'amount', 'currency'] },
      ]);
    }
  });

  const notDecimals: readonly unknown[] = [
    ...[
      '1e3',
      '1E3',
      ' 5 ',
      '5 ',
      '\t5',
      '5\n',
      '٣',
      '５',
      '',
      ' ',
      '.5',
      '5.',
      '+5',
      '--5',
      '−5',
      '- 5',
      '1,000',
    ],
    ...[
      '1_000',
      '0x10',
      '0b1',
      '1n',
      'NaN',
      'Infinity',
      '-Infinity',
      'null',
      '5\u0000',
      '\ud800',
      '💸',
      '1.2.3',
    ],
    ...['9'.repeat(65), '9'.repeat(50_000), true, ['45.50'], [], { value: '45.50' }, {}],
  ];

  it.each(titled(notDecimals))(
    'refuses %s in variables by its shape, with the path to it',
    async (_title, value) => {
      const { errors, data, status } = await leavesAll(() => ask(value));
      expect([status, data ?? null, errors.length]).toEqual([400, null, 1]);
      expect(errors[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', retryable: false });
      expect(errors[0]?.message).toMatch(
        /at "input\.amount\.amount"; Decimal must be a plain decimal numeral/,
      );
    },
  );

  it.each(['45.5', '45', '0', '-1', '1e21', '0.1', '12345678901234567'])(
    'refuses the JSON number %s and says to send a string',
    async (number) => {
      const query = mutationOf('createTransaction');
      const input = `{"userId":"${userId}","amount":{"amount":${number},"currency":"MYR"},"idempotencyKey":"k"}`;
      const body = `{"query":${JSON.stringify(query)},"variables":{"input":${input}}}`;
      const { status, json } = await post(test, body);
      expect(status).toBe(400);
      expect(json.errors).toHaveLength(1);
      expect(json.errors[0].extensions.code).toBe('BAD_USER_INPUT');
      expect(json.errors[0].message).toMatch(
        /at "input\.amount\.amount"; Decimal cannot be a JSON number.*send a string, such as "45\.50"/,
      );
    },
  );

  it.each([
    ['a missing amount', { currency: 'MYR' }],
    ['a null amount', { amount: null, currency: 'MYR' }],
    ['a missing currency', { amount: '1' }],
    ['a null currency', { amount: '1', currency: null }],
    ['an unknown member', { amount: '1', currency: 'MYR', cents: 5 }],
    ['no amount at all', null],
    ['a text for the pair', '1 MYR'],
    ['a list of two pairs', [1, 2]],
  ])('refuses %s with the path to it', async (_title, amount) => {
    const input = { userId, type: 'TOP_UP', amount, idempotencyKey: unique('key') };
    const { errors, status } = await leavesAll(() =>
      test.graphql(mutationOf('createTransaction'), { input }),
    );
    expect(status).toBe(400);
    expect(errors.map(({ extensions }) => extensions.code)).toEqual(errors.map(() => 'BAD_USER_INPUT'));
    expect(errors[0]?.message).toMatch(/input\.amount/);
  });

  it.each(titled<unknown>(['myr', 'MY', 'MYRR', '', 'MYR ', 'МYR', 'M\u0000R', 5, true, ['MYR', 'SGD']]))(
    'refuses the currency %s by its shape, with the path to it',
    async (_title, currency) => {
      const { errors, status } = await leavesAll(() => ask('1', currency));
      expect([status, errors.length]).toEqual([400, 1]);
      expect(errors[0]?.extensions.code).toBe('BAD_USER_INPUT');
      expect(errors[0]?.message).toMatch(
        /at "input\.amount\.currency"; CurrencyCode must be three capital letters/,
      );
    },
  );

  it.each([
    ['45.50', '45.50', '4550'],
    ['45.5', '45.50', '4550'],
    ['45', '45.00', '4500'],
    ['"45.50"', '45.50', '4550'],
    ['"""45.50"""', '45.50', '4550'],
    ['0.01', '0.01', '1'],
    ['50000', '50000.00', '5000000'],
  ])('reads the inline literal %s as exact text', async (literal, amount, minorUnits) => {
    const { errors, data } = await askLiteral(literal);
    expect(errors).toEqual([]);
    expect(data.createTransaction).toEqual({
      transaction: {
        amount: { amount, currency: 'MYR', minorUnits, exponent: 2 },
        walletAmount: { minorUnits },
      },
      userErrors: [],
    });
  });

  it.each([
    ['45.505', 'INVALID_AMOUNT'],
    ['-5', 'AMOUNT_BELOW_MINIMUM'],
    ['-0', 'AMOUNT_BELOW_MINIMUM'],
    ['50000.01', 'AMOUNT_ABOVE_MAXIMUM'],
    ['99999999999999999999999999', 'AMOUNT_ABOVE_MAXIMUM'],
  ])('refuses the inline literal %s as %s', async (literal, code) => {
    const { errors, data } = await leavesAll(() => askLiteral(literal));
    expect(errors).toEqual([]);
    expect(data.createTransaction).toEqual({
      transaction: null,
      userErrors: [{ code, path: ['input', 'amount', 'amount'] }],
    });
  });

  it.each(['1e3', '1.5e2', '" 5 "', '"٣"', '"1e3"', 'true', 'MYR', '[45.50]', '{ value: 45.50 }', '""'])(
    'refuses the inline literal %s by its shape, with its place in the document',
    async (literal) => {
      const { errors, status } = await leavesAll(() => askLiteral(literal));
      expect([status, errors.length]).toEqual([400, 1]);
      expect(errors[0]).toMatchObject({
        message: expect.stringMatching(/^Decimal must be a plain decimal numeral/),
        locations: [{ line: 2, column: 25 }],
        extensions: { code: 'BAD_USER_INPUT', retryable: false, requestId: expect.stringMatching(/./) },
      });
    },
  );

  it.each(['null', '', '$amount'])(
    'refuses the inline literal %s before anything is executed',
    async (literal) => {
      const { errors, status } = await leavesAll(() => askLiteral(literal));
      expect(status).toBe(400);
      for (const { extensions } of errors)
        expect(extensions.code).toMatch(/^GRAPHQL_(VALIDATION|PARSE)_FAILED$/);
      expect(errors.length).toBeGreaterThan(0);
    },
  );

  it('treats 99 deposits of 0.01 as 0.99, to the cent', async () => {
    const id = await call.newUser();
    for (let count = 0; count < 99; count += 1) await call.topUp(id, '0.01 MYR');
    expect(await call.wallet(id)).toEqual(['0.99', '0.00', '0.99', 99]);
  });

  it('tells the configured rates of every supported currency, as text', async () => {
    const { exchangeRates } = await call.query('{ exchangeRates { currency base rate } }');
    const rates = new Map(exchangeRates.map(({ currency, rate }: Told) => [currency, rate]));
    expect(rates).toEqual(
      new Map([
        ['MYR', '1'],
        ['SGD', '3.50'],
        ['USD', '4.70'],
        ['JPY', '0.0305'],
        ['KWD', '15.3'],
      ]),
    );
    expect(exchangeRates.every(({ base }: Told) => base === 'MYR')).toBe(true);
  });
});
