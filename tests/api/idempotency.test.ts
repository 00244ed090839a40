import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Calls, callsOf, money, snapshot, type Told, unique } from '../support/api.js';
import { NOON, startApp, type TestApp } from '../support/app.js';
import { databases } from '../support/databases.js';

describe.each(databases)('idempotency keys on $name', (kind) => {
  let test: TestApp;
  let call: Calls;
  beforeAll(async () => {
    test = await startApp(kind);
    call = callsOf(test);
  });
  afterAll(() => test.close());

  async function writesNothing(asked: () => Promise<Told>): Promise<Told> {
    const before = await snapshot(test);
    const payload = await asked();
    expect(await snapshot(test)).toEqual(before);
    return payload;
  }

  it.each([
    ['the same text', '45.50 MYR', { metadata: { a: 1, b: { c: [1, 2], d: null } } }],
    ['another way to write the amount', '45.5 MYR', { metadata: { a: 1, b: { c: [1, 2], d: null } } }],
    ['leading zeros', '0045.50 MYR', { metadata: { a: 1, b: { c: [1, 2], d: null } } }],
    ['another order of keys', '45.50 MYR', { metadata: { b: { d: null, c: [1, 2] }, a: 1 } }],
    ['the type spelt out', '45.50 MYR', { metadata: { a: 1, b: { c: [1, 2], d: null } }, type: 'PURCHASE' }],
  ])('replay a payment for %s, and nothing is written', async (_title, amount, more) => {
    const userId = await call.newUser({ funds: '100.00' });
    const idempotencyKey = unique('key');
    const first = await call.purchase(userId, '45.50 MYR', {
      metadata: { a: 1, b: { c: [1, 2], d: null } },
      idempotencyKey,
    });
    expect([first.replayed, first.userErrors]).toEqual([false, []]);
    const again = await writesNothing(() => call.purchase(userId, amount, { ...more, idempotencyKey }));
    expect(again).toEqual({ ...first, replayed: true });
    expect(await call.wallet(userId)).toEqual(['54.50', '0.00', '54.50', 2]);
  });

  it.each([
    ['another amount', '45.51 MYR', {}],
    ['another currency', '45.50 SGD', {}],
    ['another merchant', '45.50 MYR', { merchantName: 'Teh' }],
    ['another category', '45.50 MYR', { merchantCategory: 'drinks' }],
    ['another type', '45.50 MYR', { type: 'WITHDRAWAL' }],
    ['metadata in another order of a list', '45.50 MYR', { metadata: { list: [2, 1] } }],
    ['metadata of another type', '45.50 MYR', { metadata: { list: ['1', '2'] } }],
    ['no metadata', '45.50 MYR', { metadata: null }],
  ])('refuse %s, and nothing is written', async (_title, amount, more) => {
    const userId = await call.newUser({ funds: '500.00' });
    const idempotencyKey = unique('key');
    const metadata = { list: [1, 2] };
    const first = await call.purchase(userId, '45.50 MYR', { metadata, idempotencyKey });
    const again = await writesNothing(() =>
      call.purchase(userId, amount, { metadata, ...more, idempotencyKey }),
    );
    expect(again).toEqual({
      transaction: null,
      replayed: false,
      userErrors: [
        {
          __typename: 'IdempotencyError',
          code: 'IDEMPOTENCY_KEY_REUSED',
          message: `This idempotencyKey was used at ${NOON} with another input; use a new key for a new payment.`,
          path: ['input', 'idempotencyKey'],
          transactionId: first.transaction.id,
          firstSeenAt: NOON,
        },
      ],
    });
  });

  it('replay recorded refusals with the same typed error, even when they would succeed by now', async () => {
    const userId = await call.newUser({ funds: '10.00' });
    const idempotencyKey = unique('key');
    const first = await call.purchase(userId, '10.01 MYR', { idempotencyKey });
    expect(first.userErrors).toEqual([
      {
        __typename: 'InsufficientBalanceError',
        code: 'INSUFFICIENT_BALANCE',
        message: '10.01 MYR is needed and 10.00 MYR is available.',
        path: ['input', 'amount'],
        available: money('10.00 MYR'),
        required: money('10.01 MYR'),
      },
    ]);
    await call.topUp(userId, '90.00 MYR');
    const again = await writesNothing(() => call.purchase(userId, '10.01 MYR', { idempotencyKey }));
    expect(again.replayed).toBe(true);
    expect(again.userErrors).toEqual(first.userErrors);
    expect(again.transaction.id).toBe(first.transaction.id);
    expect(again.transaction.status).toBe('FAILED');
  });

  it('replay refusals by status and by limit with their data', async () => {
    const userId = await call.newUser();
    await call.setStatus(userId, 'SUSPENDED');
    const suspended = await call.topUp(userId, '1.00 MYR', { idempotencyKey: 'suspended' });
    await call.setStatus(userId, 'ACTIVE');
    for (let count = 0; count < 3; count += 1) await call.topUp(userId, '50000.00 MYR');
    await call.withdraw(userId, '50000.00 MYR');
    await call.withdraw(userId, '49999.99 MYR');
    const limited = await call.withdraw(userId, '0.02 MYR', { idempotencyKey: 'limited' });
    const again = [
      await writesNothing(() => call.topUp(userId, '1.00 MYR', { idempotencyKey: 'suspended' })),
      await writesNothing(() => call.withdraw(userId, '0.02 MYR', { idempotencyKey: 'limited' })),
    ];
    expect(again.map(({ replayed }) => replayed)).toEqual([true, true]);
    expect(again.map(({ userErrors }) => userErrors)).toEqual([suspended.userErrors, limited.userErrors]);
    expect(suspended.userErrors).toMatchObject([{ code: 'USER_SUSPENDED', status: 'SUSPENDED' }]);
    expect(limited.userErrors).toMatchObject([
      {
        code: 'DAILY_LIMIT_EXCEEDED',
        limit: money('100000.00 MYR'),
        used: money('99999.99 MYR'),
        remaining: money('0.01 MYR'),
      },
    ]);
  });

  it('do not remember refusals that are not recorded', async () => {
    const userId = await call.newUser({ funds: '10.00' });
    const idempotencyKey = unique('key');
    expect((await call.purchase(userId, '0.001 MYR', { idempotencyKey })).userErrors).toHaveLength(1);
    expect((await call.purchase(userId, '5.00 MYR', { idempotencyKey })).transaction.status).toBe(
      'COMPLETED',
    );
  });

  it('replay refunds and reversals, with and without an amount', async () => {
    const userId = await call.newUser({ funds: '100.00' });
    const { id } = (await call.purchase(userId, '10.00 MYR')).transaction;
    const refund = await call.refund(id, '4.00 MYR', { idempotencyKey: 'part', reason: 'a dent' });
    const refundAgain = await writesNothing(() =>
      call.refund(id, '4 MYR', { idempotencyKey: 'part', reason: 'a dent' }),
    );
    expect(refundAgain).toEqual({ ...refund, replayed: true });
    const rest = await call.refund(id, undefined, { idempotencyKey: 'rest' });
    expect(rest.transaction.amount).toEqual(money('-6.00 MYR'));
    expect((await writesNothing(() => call.refund(id, undefined, { idempotencyKey: 'rest' }))).replayed).toBe(
      true,
    );
    const asNumber = await writesNothing(() => call.refund(id, '6.00 MYR', { idempotencyKey: 'rest' }));
    expect(asNumber.userErrors).toMatchObject([{ code: 'IDEMPOTENCY_KEY_REUSED' }]);

    const reversal = await call.reverse(rest.transaction.id, { idempotencyKey: 'undo' });
    expect([reversal.replayed, reversal.transaction.status]).toEqual([false, 'REVERSED']);
    const reversalAgain = await writesNothing(() =>
      call.reverse(rest.transaction.id, { idempotencyKey: 'undo' }),
    );
    expect(reversalAgain).toEqual({ ...reversal, replayed: true });
  });

  it('are one space for payments, refunds and reversals of a user', async () => {
    const userId = await call.newUser({ funds: '100.00' });
    const paid = (await call.purchase(userId, '10.00 MYR', { idempotencyKey: 'paid' })).transaction;
    test.clock.advance(1_000);
    const refunded = (await call.refund(paid.id, '1.00 MYR', { idempotencyKey: 'refunded' })).transaction;
    test.clock.advance(1_000);
    const reversed = (await call.reverse(paid.id, { idempotencyKey: 'reversed' })).transaction;
    const uses = [
      ['paid', paid.id, paid.createdAt],
      ['refunded', refunded.id, refunded.createdAt],
      ['reversed', paid.id, reversed.reversal.reversedAt],
    ] as const;
    for (const [idempotencyKey, transactionId, firstSeenAt] of uses) {
      const others = [
        () => call.topUp(userId, '10.00 MYR', { idempotencyKey }),
        () => call.refund(paid.id, '2.00 MYR', { idempotencyKey }),
        () => call.reverse(refunded.id, { idempotencyKey }),
      ];
      for (const other of others) {
        const { transaction, replayed, userErrors } = await writesNothing(other);
        expect([transaction, replayed]).toEqual([null, false]);
        expect(userErrors).toMatchObject([
          { __typename: 'IdempotencyError', code: 'IDEMPOTENCY_KEY_REUSED', transactionId, firstSeenAt },
        ]);
      }
    }
    test.clock.set(NOON);
  });

  it('of one user mean nothing to another', async () => {
    const [one, two] = [await call.newUser({ funds: '10.00' }), await call.newUser({ funds: '10.00' })];
    const first = await call.purchase(one, '1.00 MYR', { idempotencyKey: 'shared' });
    const second = await call.purchase(two, '2.00 MYR', { idempotencyKey: 'shared' });
    expect([first.replayed, second.replayed]).toEqual([false, false]);
    expect(second.transaction.id).not.toBe(first.transaction.id);
  });

  it('tell two equal payments apart', async () => {
    const userId = await call.newUser({ funds: '10.00' });
    await call.purchase(userId, '1.00 MYR');
    await call.purchase(userId, '1.00 MYR');
    expect(await call.wallet(userId)).toEqual(['8.00', '0.00', '8.00', 3]);
  });

  it('are used once by many mutations of one document', async () => {
    const userId = await call.newUser();
    const ask = (alias: string) =>
      `${alias}: createTransaction(input: { userId: "${userId}", type: TOP_UP,
        amount: { amount: 5, currency: "MYR" }, idempotencyKey: "once" }) { replayed transaction { id } }`;
    const data = await call.query(`mutation { ${['a', 'b', 'c'].map(ask).join(' ')} }`);
    expect([data.a.replayed, data.b.replayed, data.c.replayed]).toEqual([false, true, true]);
    expect(new Set([data.a, data.b, data.c].map(({ transaction }) => transaction.id)).size).toBe(1);
    expect(await call.wallet(userId)).toEqual(['5.00', '0.00', '5.00', 1]);
  });

  describe('transactionByIdempotencyKey', () => {
    const find = async (userId: string, idempotencyKey: string): Promise<Told> =>
      (
        await call.query(
          'query($userId: ID!, $idempotencyKey: String!) { transactionByIdempotencyKey(userId: $userId, idempotencyKey: $idempotencyKey) { id type status } }',
          { userId, idempotencyKey },
        )
      ).transactionByIdempotencyKey;

    it('tells what a payment, a refund and a reversal became', async () => {
      const userId = await call.newUser({ funds: '10.00' });
      const { id } = (await call.purchase(userId, '5.00 MYR', { idempotencyKey: 'paid' })).transaction;
      const failed = (await call.purchase(userId, '50.00 MYR', { idempotencyKey: 'failed' })).transaction;
      const refund = (await call.refund(id, '1.00 MYR', { idempotencyKey: 'refunded' })).transaction;
      expect(await find(userId, 'paid')).toEqual({ id, type: 'PURCHASE', status: 'COMPLETED' });
      expect(await find(userId, 'failed')).toEqual({ id: failed.id, type: 'PURCHASE', status: 'FAILED' });
      expect(await find(userId, 'refunded')).toEqual({ id: refund.id, type: 'REFUND', status: 'COMPLETED' });
      await call.reverse(id, { idempotencyKey: 'reversed' });
      expect(await find(userId, 'reversed')).toEqual({ id, type: 'PURCHASE', status: 'REVERSED' });
      expect(await find(userId, 'paid')).toEqual({ id, type: 'PURCHASE', status: 'REVERSED' });
    });

    it('is null for an unknown key, another user, and what can be neither', async () => {
      const [one, two] = [await call.newUser({ funds: '1.00' }), await call.newUser()];
      await call.purchase(one, '1.00 MYR', { idempotencyKey: 'mine' });
      const nowhere = [
        [one, 'unknown'],
        [two, 'mine'],
        ['nobody', 'mine'],
        ['no such id', 'mine'],
        [one, ''],
        [one, 'mine\u0000'],
        [one, 'x'.repeat(50_000)],
      ] as const;
      for (const [userId, key] of nowhere) expect(await find(userId, key)).toBeNull();
    });
  });
});
