import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { ErrorCode } from '../../../src/errors.js';
import type { TransactionType } from '../../../src/ledger/transaction.js';
import { createTransaction } from '../../../src/operations/create-transaction.js';
import {
  accountSums,
  idOf,
  MIDDAY,
  makeTransaction,
  makeUser,
  partsOf,
  purchaseInput,
  refusalOf,
  settingsWith,
  Wallet,
} from '../../support/ledger.js';

type Values = Parameters<typeof purchaseInput>[0];

const settings = settingsWith({ EXCHANGE_RATE_JPY_TO_MYR: '0.031' });
const ask = (wallet: Wallet, values: Values = {}) =>
  createTransaction(purchaseInput(values), wallet.settings);
const create = (wallet: Wallet, values: Values = {}) => wallet.run(ask(wallet, values));
const asking = (values: Values) => refusalOf(() => createTransaction(purchaseInput(values), settings));

/** Everything above 100.00 MYR is held for review. */
const HOLDING = { FRAUD_HIGH_VALUE_THRESHOLD: '100', FRAUD_HIGH_VALUE_POINTS: '60' };
const amountPath = ['input', 'amount', 'amount'];

describe('what is refused before anything is looked up', () => {
  it.each<[string, string, ErrorCode, string]>([
    [
      '1e3',
      'MYR',
      'INVALID_AMOUNT',
      '"1e3" is not an amount of MYR: send a plain decimal with at most 2 digits after the point.',
    ],
    [
      '',
      'MYR',
      'INVALID_AMOUNT',
      '"" is not an amount of MYR: send a plain decimal with at most 2 digits after the point.',
    ],
    [
      '٣',
      'MYR',
      'INVALID_AMOUNT',
      '"٣" is not an amount of MYR: send a plain decimal with at most 2 digits after the point.',
    ],
    [
      '45.505',
      'MYR',
      'INVALID_AMOUNT',
      '"45.505" is not an amount of MYR: send a plain decimal with at most 2 digits after the point.',
    ],
    [
      '45.500',
      'MYR',
      'INVALID_AMOUNT',
      '"45.500" is not an amount of MYR: send a plain decimal with at most 2 digits after the point.',
    ],
    [
      '1.5',
      'JPY',
      'INVALID_AMOUNT',
      '"1.5" is not an amount of JPY: send a plain decimal with at most 0 digits after the point.',
    ],
    [
      '9'.repeat(65),
      'MYR',
      'INVALID_AMOUNT',
      `"${'9'.repeat(32)}…" is not an amount of MYR: send a plain decimal with at most 2 digits after the point.`,
    ],
    [
      '1.234',
      'EUR',
      'INVALID_AMOUNT',
      '"1.234" is not an amount of EUR: send a plain decimal with at most 2 digits after the point.',
    ],
    ['1e3', 'ABC', 'INVALID_AMOUNT', '"1e3" is not an amount of ABC: send a plain decimal.'],
    ['0', 'MYR', 'AMOUNT_BELOW_MINIMUM', 'The amount must be at least 0.01 MYR.'],
    ['-0', 'MYR', 'AMOUNT_BELOW_MINIMUM', 'The amount must be at least 0.01 MYR.'],
    ['0.00', 'SGD', 'AMOUNT_BELOW_MINIMUM', 'The amount must be at least 0.01 SGD.'],
    ['-5', 'MYR', 'AMOUNT_BELOW_MINIMUM', 'The amount must be at least 0.01 MYR.'],
    ['0', 'JPY', 'AMOUNT_BELOW_MINIMUM', 'The amount must be at least 1 JPY.'],
    [
      '50000.01',
      'MYR',
      'AMOUNT_ABOVE_MAXIMUM',
      'The amount is the equivalent of 50000.01 MYR; at most 50000.00 MYR can be moved at once.',
    ],
    [
      '14285.72',
      'SGD',
      'AMOUNT_ABOVE_MAXIMUM',
      'The amount is the equivalent of 50000.02 MYR; at most 50000.00 MYR can be moved at once.',
    ],
    [
      '10638.30',
      'USD',
      'AMOUNT_ABOVE_MAXIMUM',
      'The amount is the equivalent of 50000.01 MYR; at most 50000.00 MYR can be moved at once.',
    ],
    [
      '1612904',
      'JPY',
      'AMOUNT_ABOVE_MAXIMUM',
      'The amount is the equivalent of 50000.02 MYR; at most 50000.00 MYR can be moved at once.',
    ],
  ])('%s %s is refused with %s', (amount, currency, code, message) => {
    expect(partsOf(asking({ amount, currency }))).toEqual({ code, message, path: amountPath, details: {} });
  });

  it.each([
    ['EUR', '5.00'],
    ['EUR', '0'],
    ['EUR', '-1'],
    ['EUR', '99999999'],
    ['ABC', '5'],
    ['ABC', '5.12345'],
    ['myr', '5.00'],
    ['', '5'],
  ])('a currency without a rate, %j, is refused whatever the amount, %s', (currency, amount) => {
    expect(partsOf(asking({ amount, currency }))).toEqual({
      code: 'UNSUPPORTED_CURRENCY',
      message: `${currency} is not supported; these currencies are: MYR, SGD, USD, JPY.`,
      path: ['input', 'amount', 'currency'],
      details: {},
    });
  });

  it.each([
    ['0.01', 'MYR', 1n],
    ['50000.00', 'MYR', 5_000_000n],
    ['14285.71', 'SGD', 4_999_998n],
    ['10638.29', 'USD', 4_999_996n],
    ['1612903', 'JPY', 4_999_999n],
  ])('%s %s is allowed, as %s minor units of MYR', (amount, currency, baseAmount) => {
    const wallet = new Wallet({
      user: makeUser({ posted: 10n ** 9n }),
      environment: { EXCHANGE_RATE_JPY_TO_MYR: '0.031' },
    });
    const { transaction } = create(wallet, { amount, currency });
    expect(transaction.status).toBe('COMPLETED');
    expect(transaction.baseAmount).toBe(baseAmount);
  });

  it('JPY is not supported until it has a rate', () => {
    expect(refusalOf(() => ask(new Wallet(), { amount: '100', currency: 'JPY' })).code).toBe(
      'UNSUPPORTED_CURRENCY',
    );
  });

  it.each<[Values, ErrorCode, string[]]>([
    [{ type: 'REFUND' }, 'INVALID_TRANSACTION_TYPE', ['input', 'type']],
    [{ merchantName: null }, 'INVALID_MERCHANT_NAME', ['input', 'merchantName']],
    [{ merchantCategory: null }, 'INVALID_MERCHANT_CATEGORY', ['input', 'merchantCategory']],
    [{ metadata: [] }, 'INVALID_METADATA', ['input', 'metadata']],
    [{ idempotencyKey: '' }, 'INVALID_IDEMPOTENCY_KEY', ['input', 'idempotencyKey']],
    [{ userId: 'no such id' }, 'USER_NOT_FOUND', ['input', 'userId']],
  ])('%j is refused with %s at its place', (values, code, path) => {
    const refusal = asking(values);
    expect(refusal.code).toBe(code);
    expect(refusal.inputPath).toEqual(path);
  });

  it('takes its checks in the order of the rules', () => {
    const bad: Values = { type: 'REFUND', merchantName: '', metadata: 1, idempotencyKey: '', userId: '?' };
    expect(asking({ ...bad, amount: 'x', currency: 'EUR' }).code).toBe('INVALID_AMOUNT');
    expect(asking({ ...bad, amount: '0', currency: 'EUR' }).code).toBe('UNSUPPORTED_CURRENCY');
    expect(asking({ ...bad, amount: '0' }).code).toBe('AMOUNT_BELOW_MINIMUM');
    expect(asking({ ...bad, amount: '50000.01' }).code).toBe('AMOUNT_ABOVE_MAXIMUM');
    expect(asking({ userId: '?', idempotencyKey: '' }).code).toBe('INVALID_IDEMPOTENCY_KEY');
  });

  it.each<[TransactionType]>([['WITHDRAWAL'], ['TOP_UP']])('a %s needs no merchant', (type) => {
    const wallet = new Wallet();
    const { transaction } = create(wallet, { type, merchantName: null, merchantCategory: null });
    expect(transaction.merchantName).toBeNull();
    expect(transaction.merchantCategory).toBeNull();
  });
});

describe('what is refused without a record', () => {
  const usd = () => makeUser({ currency: 'USD' });
  const full = () => makeUser({ posted: 10n ** 18n - 4_549n });
  const used = makeTransaction({ idempotencyKey: 'key-1', createdAt: new Date('2026-03-09T01:02:03.004Z') });
  const notFound = {
    code: 'USER_NOT_FOUND',
    message: 'There is no user "alice".',
    path: ['input', 'userId'],
    details: { id: 'alice' },
  };
  const cases: ReadonlyArray<[string, () => Wallet, Values, object]> = [
    ['a user who does not exist', () => new Wallet({ user: undefined }), {}, notFound],
    [
      'a user who does not exist, before a key that was used',
      () => new Wallet({ user: undefined, transactions: [used] }),
      {},
      notFound,
    ],
    [
      'an amount that is nothing in the wallet',
      () => new Wallet({ user: usd() }),
      { amount: '0.01' },
      {
        code: 'AMOUNT_BELOW_MINIMUM',
        message: "0.01 MYR is worth less than one minor unit of the wallet's USD.",
        path: amountPath,
        details: {},
      },
    ],
    [
      'an amount that is nothing in the wallet, even to a suspended user',
      () => new Wallet({ user: makeUser({ currency: 'USD', status: 'SUSPENDED' }) }),
      { amount: '0.02' },
      {
        code: 'AMOUNT_BELOW_MINIMUM',
        message: "0.02 MYR is worth less than one minor unit of the wallet's USD.",
        path: amountPath,
        details: {},
      },
    ],
    [
      'a top-up above what a wallet can hold',
      () => new Wallet({ user: full() }),
      { type: 'TOP_UP' },
      {
        code: 'AMOUNT_ABOVE_MAXIMUM',
        message: 'A wallet holds at most 10000000000000000.00 MYR.',
        path: amountPath,
        details: {},
      },
    ],
    [
      'a wallet whose currency has lost its rate',
      () => new Wallet({ user: makeUser({ currency: 'EUR' }) }),
      {},
      {
        code: 'UNSUPPORTED_CURRENCY',
        message: 'EUR is not supported; these currencies are: MYR, SGD, USD.',
        path: ['input', 'userId'],
        details: {},
      },
    ],
    [
      'a key that was used with another input, even by a suspended user without money',
      () => new Wallet({ user: makeUser({ status: 'SUSPENDED', posted: 0n }), transactions: [used] }),
      {},
      {
        code: 'IDEMPOTENCY_KEY_REUSED',
        message:
          'This idempotencyKey was used at 2026-03-09T01:02:03.004Z with another input; use a new key for a new payment.',
        path: ['input', 'idempotencyKey'],
        details: { transactionId: idOf(0xabc), firstSeenAt: new Date('2026-03-09T01:02:03.004Z') },
      },
    ],
  ];

  it.each(cases)('%s, and nothing changes', (_name, makeWallet, values, expected) => {
    const wallet = makeWallet();
    const before = wallet.snapshot();
    expect(partsOf(refusalOf(() => create(wallet, values)))).toEqual(expected);
    expect(wallet.snapshot()).toBe(before);
  });

  it('takes the smallest amount that is worth a minor unit of the wallet', () => {
    const wallet = new Wallet({ user: usd() });
    expect(create(wallet, { amount: '0.03' }).transaction.walletAmount).toBe(1n);
  });

  it('fills a wallet up to what it can hold', () => {
    const wallet = new Wallet({ user: makeUser({ posted: 10n ** 18n - 4_550n }) });
    expect(create(wallet, { type: 'TOP_UP' }).transaction.status).toBe('COMPLETED');
    expect(wallet.user.posted).toBe(10n ** 18n);
  });
});

describe('what is refused and recorded as failed', () => {
  const limit = { minor: 10_000_000n, currency: 'MYR' };
  const money = (minor: bigint, currency = 'MYR') => ({ minor, currency });
  const suspended = {
    code: 'USER_SUSPENDED',
    message: 'The user is suspended.',
    path: ['input', 'userId'],
    details: { status: 'SUSPENDED' },
  };
  const overLimit = (used: bigint, remaining: bigint, text: string) => ({
    code: 'DAILY_LIMIT_EXCEEDED',
    message: `The daily limit is 100000.00 MYR; ${text} MYR of it is left until midnight in Asia/Kuala_Lumpur.`,
    path: ['input', 'amount'],
    details: { limit, used: money(used), remaining: money(remaining) },
  });
  const cases: ReadonlyArray<[string, Partial<Parameters<typeof makeUser>[0]>, bigint, Values, object]> = [
    ['a suspended user', { status: 'SUSPENDED' }, 0n, {}, suspended],
    ['a top-up of a suspended user', { status: 'SUSPENDED' }, 0n, { type: 'TOP_UP' }, suspended],
    [
      'a closed user',
      { status: 'CLOSED', posted: 0n },
      0n,
      {},
      {
        code: 'USER_CLOSED',
        message: 'The user is closed.',
        path: ['input', 'userId'],
        details: { status: 'CLOSED' },
      },
    ],
    [
      'a suspended user, before limit and balance',
      { status: 'SUSPENDED', posted: 0n },
      10_000_000n,
      {},
      suspended,
    ],
    ['one minor unit over the limit', {}, 9_995_451n, {}, overLimit(9_995_451n, 4_549n, '45.49')],
    ['the limit, before the balance', { posted: 0n }, 9_995_451n, {}, overLimit(9_995_451n, 4_549n, '45.49')],
    [
      'a limit that is exceeded already',
      {},
      10_000_001n,
      { amount: '0.01' },
      overLimit(10_000_001n, 0n, '0.00'),
    ],
    [
      'a withdrawal over the limit',
      {},
      10_000_000n,
      { type: 'WITHDRAWAL' },
      overLimit(10_000_000n, 0n, '0.00'),
    ],
    [
      'one minor unit more than there is',
      { posted: 4_549n },
      0n,
      {},
      {
        code: 'INSUFFICIENT_BALANCE',
        message: '45.50 MYR is needed and 45.49 MYR is available.',
        path: ['input', 'amount'],
        details: { available: money(4_549n), required: money(4_550n) },
      },
    ],
    [
      'one minor unit more than is not held',
      { posted: 10_000n, held: 5_451n },
      0n,
      { type: 'WITHDRAWAL' },
      {
        code: 'INSUFFICIENT_BALANCE',
        message: '45.50 MYR is needed and 45.49 MYR is available.',
        path: ['input', 'amount'],
        details: { available: money(4_549n), required: money(4_550n) },
      },
    ],
    [
      'an amount in another currency that the wallet does not cover',
      { currency: 'SGD', posted: 1_299n },
      0n,
      {},
      {
        code: 'INSUFFICIENT_BALANCE',
        message: '13.00 SGD is needed and 12.99 SGD is available.',
        path: ['input', 'amount'],
        details: { available: money(1_299n, 'SGD'), required: money(1_300n, 'SGD') },
      },
    ],
  ];

  it.each(cases)(
    '%s: the outcome tells why and no money moves',
    (_name, user, spentToday, values, expected) => {
      const wallet = new Wallet({ user: makeUser(user), activity: { spentToday } });
      const { posted, held, version } = wallet.user;
      const { transaction, refusal, replayed } = create(wallet, values);
      expect(partsOf(refusal)).toEqual(expected);
      expect(replayed).toBe(false);
      expect(transaction.status).toBe('FAILED');
      expect(transaction.failure).toEqual(
        JSON.parse(
          JSON.stringify(expected, (_key, value) => (typeof value === 'bigint' ? `${value}` : value)),
        ),
      );
      expect([wallet.user.posted, wallet.user.held, wallet.user.version]).toEqual([posted, held, version]);
      expect(wallet.appended.postings).toEqual([]);
      expect(wallet.appended.drafts).toHaveLength(1);
      expect(wallet.state.activity?.spentToday).toBe(spentToday);
      expect(wallet.state.activity?.newest).toEqual([MIDDAY.getTime()]);
    },
  );

  it.each(cases)(
    '%s: the same key tells the same again and writes nothing',
    (_name, user, spentToday, values, expected) => {
      const wallet = new Wallet({ user: makeUser(user), activity: { spentToday } });
      const first = create(wallet, values);
      Object.assign(wallet.user, { status: 'ACTIVE', posted: 10n ** 9n, held: 0n });
      const before = wallet.snapshot();
      const second = create(wallet, values);
      expect(second.replayed).toBe(true);
      expect(partsOf(second.refusal)).toEqual(expected);
      expect(second.transaction).toEqual(first.transaction);
      expect(wallet.snapshot()).toBe(before);
    },
  );

  it('is scored all the same', () => {
    const wallet = new Wallet({
      user: makeUser({ status: 'SUSPENDED' }),
      now: new Date('2026-03-10T15:00:00.000Z'),
    });
    const { transaction } = create(wallet);
    expect(transaction).toMatchObject({ status: 'FAILED', fraudScore: 20, fraudFlags: ['OFF_HOURS'] });
  });

  it('counts in the velocity of what comes after', () => {
    const wallet = new Wallet({ user: makeUser({ posted: 0n }) });
    const flags = Array.from(
      { length: 7 },
      (_, index) =>
        create(wallet, { amount: `1.0${index}`, idempotencyKey: `key-${index}` }).transaction.fraudFlags,
    );
    expect(flags).toEqual([[], [], [], [], [], [], ['HIGH_VELOCITY']]);
  });
});

describe('the boundaries of limit and balance', () => {
  it('spend exactly up to the daily limit', () => {
    const wallet = new Wallet({ activity: { spentToday: 9_995_450n } });
    expect(create(wallet).transaction.status).toBe('COMPLETED');
    expect(wallet.state.activity?.spentToday).toBe(10_000_000n);
    const { refusal } = create(wallet, { amount: '0.01', idempotencyKey: 'key-2' });
    expect(refusal?.code).toBe('DAILY_LIMIT_EXCEEDED');
  });

  it('do not limit top-ups', () => {
    const wallet = new Wallet({ activity: { spentToday: 10_000_000n } });
    expect(create(wallet, { type: 'TOP_UP' }).transaction.status).toBe('COMPLETED');
  });

  it('spend exactly all that is available', () => {
    const wallet = new Wallet({ user: makeUser({ posted: 5_000n, held: 450n }) });
    expect(create(wallet).transaction.status).toBe('COMPLETED');
    expect([wallet.user.posted, wallet.user.held]).toEqual([450n, 450n]);
  });

  it('take the day limit from the settings', () => {
    const wallet = new Wallet({ environment: { DAILY_SPENDING_LIMIT: '45.49' } });
    expect(create(wallet).refusal?.code).toBe('DAILY_LIMIT_EXCEEDED');
  });

  it('count pending and completed debits, at their base amounts, and nothing else', () => {
    const wallet = new Wallet({ environment: HOLDING });
    const spent = () => wallet.state.activity?.spentToday;
    create(wallet, { amount: '10.00', currency: 'SGD', idempotencyKey: 'completed' });
    expect(spent()).toBe(3_500n);
    expect(create(wallet, { amount: '100.01', idempotencyKey: 'pending' }).transaction.status).toBe(
      'PENDING',
    );
    expect(spent()).toBe(13_501n);
    expect(
      create(wallet, { amount: '5.00', type: 'WITHDRAWAL', idempotencyKey: 'w' }).transaction.status,
    ).toBe('COMPLETED');
    expect(spent()).toBe(14_001n);
    create(wallet, { amount: '5.00', type: 'TOP_UP', idempotencyKey: 'top-up' });
    expect(create(wallet, { amount: '9999.00', idempotencyKey: 'failed' }).transaction.status).toBe('FAILED');
    expect(spent()).toBe(14_001n);
  });
});

describe('a transaction that is made', () => {
  it('keeps all that was asked, the rates of the time and what rules saw', () => {
    const wallet = new Wallet({ environment: { FRAUD_HIGH_VALUE_THRESHOLD: '34.99' } });
    const { transaction, refusal, replayed } = create(wallet, {
      amount: '10.00',
      currency: 'SGD',
      metadata: { order: 7, tags: ['a'] },
    });
    expect({ refusal, replayed }).toEqual({ refusal: undefined, replayed: false });
    expect(transaction).toEqual(
      makeTransaction({
        id: idOf(1),
        amount: 1_000n,
        currency: 'SGD',
        walletAmount: 3_500n,
        baseAmount: 3_500n,
        rate: '3.50',
        metadata: { order: 7, tags: ['a'] },
        fraudScore: 20,
        fraudFlags: ['HIGH_VALUE'],
        fraudHits: [
          {
            flag: 'HIGH_VALUE',
            points: 20,
            reason: 'The equivalent of more than 34.99 MYR.',
            observed: '35.00 MYR',
            threshold: 'more than 34.99 MYR',
          },
        ],
        idempotencyKey: 'key-1',
        requestHash: transaction.requestHash,
      }),
    );
    expect(transaction.requestHash).toMatch(/^[0-9a-f]{64}$/);
  });

  it.each<[TransactionType, string, bigint, object]>([
    ['PURCHASE', 'COMPLETED', -4_550n, { 'wallet:alice MYR': -4_550n, 'merchants MYR': 4_550n }],
    ['WITHDRAWAL', 'COMPLETED', -4_550n, { 'wallet:alice MYR': -4_550n, 'payouts MYR': 4_550n }],
    ['TOP_UP', 'COMPLETED', 4_550n, { 'funding MYR': -4_550n, 'wallet:alice MYR': 4_550n }],
  ])('a %s is %s and changes posted by %s', (type, status, change, sums) => {
    const wallet = new Wallet();
    expect(create(wallet, { type }).transaction.status).toBe(status);
    expect(wallet.user).toMatchObject({ posted: 100_000n + change, held: 0n, version: 2 });
    expect(accountSums(wallet.appended.postings)).toEqual(sums);
  });

  it.each<[TransactionType, bigint, number]>([
    ['PURCHASE', 10_001n, 2],
    ['WITHDRAWAL', 10_001n, 2],
    ['TOP_UP', 0n, 1],
  ])('a %s that scores 60 waits, with %s held and nothing posted', (type, held, version) => {
    const wallet = new Wallet({ environment: HOLDING });
    const { transaction } = create(wallet, { type, amount: '100.01' });
    expect(transaction).toMatchObject({ status: 'PENDING', fraudScore: 60, failure: null });
    expect(wallet.user).toMatchObject({ posted: 100_000n, held, version });
    expect(wallet.appended.postings).toEqual([]);
  });

  it('is decided at once when it scores 59', () => {
    const wallet = new Wallet({ environment: { ...HOLDING, FRAUD_HIGH_VALUE_POINTS: '59' } });
    expect(create(wallet, { amount: '100.01' }).transaction).toMatchObject({
      status: 'COMPLETED',
      fraudScore: 59,
    });
  });

  it('is flagged as a duplicate of one just like it, and of no other', () => {
    const wallet = new Wallet();
    create(wallet);
    const flagged = (values: Values) =>
      wallet.decide(ask(wallet, { idempotencyKey: 'key-2', ...values })).change?.created?.fraudFlags;
    expect(flagged({})).toEqual(['POSSIBLE_DUPLICATE']);
    expect(flagged({ merchantCategory: 'other' })).toEqual(['POSSIBLE_DUPLICATE']);
    expect(flagged({ amount: '45.51' })).toEqual([]);
    expect(flagged({ currency: 'SGD' })).not.toContain('POSSIBLE_DUPLICATE');
    expect(flagged({ merchantName: 'Kedai Kopi 2' })).toEqual([]);
    expect(flagged({ type: 'WITHDRAWAL' })).toEqual([]);
  });

  it('is decided without changing anything', () => {
    const wallet = new Wallet({ transactions: [makeTransaction()] });
    const before = wallet.snapshot();
    wallet.decide(ask(wallet));
    wallet.decide(ask(wallet, { amount: '1000.01' }));
    wallet.decide(ask(wallet, { type: 'TOP_UP' }));
    expect(wallet.snapshot()).toBe(before);
  });

  it('posts exactly what it changes, in any currency of any wallet', () => {
    const currencies = fc.constantFrom('MYR', 'SGD', 'USD', 'JPY', 'KWD');
    const environment = {
      EXCHANGE_RATE_JPY_TO_MYR: '0.031',
      EXCHANGE_RATE_KWD_TO_MYR: '15.3',
      MAX_TRANSACTION_AMOUNT: '1000000',
      DAILY_SPENDING_LIMIT: '10000000',
    };
    const types = fc.constantFrom<TransactionType>('PURCHASE', 'WITHDRAWAL', 'TOP_UP');
    fc.assert(
      fc.property(
        types,
        currencies,
        currencies,
        fc.integer({ min: 100, max: 9_999 }),
        (type, currency, walletCurrency, amount) => {
          const user = makeUser({ currency: walletCurrency, posted: 10n ** 10n });
          const wallet = new Wallet({ user, environment });
          const { transaction } = create(wallet, { type, currency, amount: String(amount) });
          expect(transaction.status).toBe('COMPLETED');
          const sign = type === 'TOP_UP' ? 1n : -1n;
          const counterparty = {
            PURCHASE: 'merchants',
            WITHDRAWAL: 'payouts',
            TOP_UP: 'funding',
            REFUND: '',
          }[type];
          expect(wallet.postingSum).toBe(wallet.user.posted - 10n ** 10n);
          expect(wallet.postingSum).toBe(sign * transaction.walletAmount);
          const converted = currency !== walletCurrency;
          expect(accountSums(wallet.appended.postings)).toEqual({
            [`wallet:alice ${walletCurrency}`]: sign * transaction.walletAmount,
            [`${counterparty} ${currency}`]: -sign * transaction.amount,
            ...(converted && {
              [`fx ${walletCurrency}`]: -sign * transaction.walletAmount,
              [`fx ${currency}`]: sign * transaction.amount,
            }),
          });
          expect(wallet.appended.postings).toHaveLength(converted ? 2 : 1);
        },
      ),
    );
  });
});

describe('the same idempotency key', () => {
  it.each<[string, Values, Values]>([
    ['a completed purchase', {}, {}],
    ['an amount written otherwise', { amount: '45.50' }, { amount: '45.5' }],
    [
      'metadata in another order',
      { metadata: { a: 1, b: { c: 2, d: 3 } } },
      { metadata: { b: { d: 3, c: 2 }, a: 1 } },
    ],
    ['absent and null', { type: 'TOP_UP', merchantName: null }, { type: 'TOP_UP', merchantName: undefined }],
  ])('replays %s and writes nothing', (_name, first, second) => {
    const wallet = new Wallet();
    const made = create(wallet, first).transaction;
    const before = wallet.snapshot();
    expect(create(wallet, second)).toEqual({ transaction: made, replayed: true, refusal: undefined });
    expect(wallet.snapshot()).toBe(before);
  });

  it('replays a pending one, and tells how it stands now', () => {
    const wallet = new Wallet({ environment: HOLDING });
    const { transaction } = create(wallet, { amount: '100.01' });
    expect(create(wallet, { amount: '100.01' })).toMatchObject({ transaction, replayed: true });
    expect(wallet.user.held).toBe(10_001n);
  });

  it('replays for a user who was suspended since', () => {
    const wallet = new Wallet();
    create(wallet);
    wallet.user.status = 'SUSPENDED';
    expect(create(wallet)).toMatchObject({ replayed: true, refusal: undefined });
  });

  it.each<[Values]>([
    [{ amount: '45.51' }],
    [{ currency: 'SGD' }],
    [{ type: 'WITHDRAWAL' }],
    [{ merchantName: 'Kedai Kopi 2' }],
    [{ merchantCategory: 'travel' }],
    [{ metadata: {} }],
  ])('is refused for another input: %j', (values) => {
    const wallet = new Wallet();
    create(wallet);
    const before = wallet.snapshot();
    const refusal = refusalOf(() => create(wallet, values));
    expect(refusal.code).toBe('IDEMPOTENCY_KEY_REUSED');
    expect(refusal.details).toEqual({ transactionId: idOf(1), firstSeenAt: MIDDAY });
    expect(wallet.snapshot()).toBe(before);
  });

  it('is not remembered by a refusal without a record', () => {
    const wallet = new Wallet();
    expect(refusalOf(() => create(wallet, { amount: '50000.01' })).code).toBe('AMOUNT_ABOVE_MAXIMUM');
    expect(create(wallet).replayed).toBe(false);
  });
});
