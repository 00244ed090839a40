import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Transaction } from '../../src/ledger/transaction.js';
import { type Calls, callsOf, money, postingsOf, snapshot, type Told } from '../support/api.js';
import { NOON, startApp, type TestApp } from '../support/app.js';
import { databases } from '../support/databases.js';

describe.each(databases)('movements of money on $name', (kind) => {
  let test: TestApp;
  let call: Calls;
  beforeAll(async () => {
    // An amount above 1,000 MYR is held for review; no other rule gives points.
    test = await startApp(kind, {
      FRAUD_HIGH_VALUE_THRESHOLD: '1000',
      FRAUD_HIGH_VALUE_POINTS: '60',
      FRAUD_VELOCITY_POINTS: '0',
      FRAUD_SUSPICIOUS_VELOCITY_POINTS: '0',
      FRAUD_UNUSUAL_AMOUNT_POINTS: '0',
    });
    call = callsOf(test);
  });
  afterAll(() => test.close());

  const done = async (asked: Promise<Told>): Promise<Told> => {
    const { transaction, userErrors } = await asked;
    expect(userErrors).toEqual([]);
    return transaction;
  };
  const reload = async (id: string): Promise<Told> =>
    (
      await call.query(
        `query($id: ID!) { transaction(id: $id) { status refundedAmount { amount } refundableAmount { amount }
          refunds { id amount { amount } walletAmount { amount } } failure { code } review { decision } reversal { reason } } }`,
        { id },
      )
    ).transaction;

  describe('createTransaction', () => {
    it('debits a purchase in the wallet’s currency and tells all that it stored', async () => {
      const userId = await call.newUser({ funds: '100.00' });
      const metadata = { order: 17 };
      const asked = call.purchase(userId, '45.50 MYR', { metadata, idempotencyKey: 'first' });
      const transaction = await done(asked);
      expect(transaction).toEqual({
        id: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/),
        type: 'PURCHASE',
        status: 'COMPLETED',
        amount: money('45.50 MYR'),
        walletAmount: money('45.50 MYR'),
        exchangeRate: '1',
        merchantName: 'Kopi',
        merchantCategory: 'food',
        metadata,
        fraudScore: 0,
        fraudFlags: [],
        fraud: { score: 0, level: 'LOW', hits: [] },
        failure: null,
        originalTransaction: null,
        refunds: [],
        refundedAmount: money('0.00 MYR'),
        refundableAmount: money('45.50 MYR'),
        review: null,
        reversal: null,
        reason: null,
        idempotencyKey: 'first',
        createdAt: NOON,
        updatedAt: NOON,
        user: {
          id: userId,
          balance: {
            posted: { amount: '54.50' },
            held: { amount: '0.00' },
            available: { amount: '54.50' },
            version: 2,
          },
        },
      });
      expect(await postingsOf(test, transaction.id)).toEqual([`wallet:${userId} → merchants 4550 MYR`]);
    });

    it.each([
      ['purchase', 'MYR', '20.05 SGD', '70.18', '3.5', ['wallet → fx 7018 MYR', 'fx → merchants 2005 SGD']],
      ['withdraw', 'MYR', '20.05 SGD', '70.18', '3.5', ['wallet → fx 7018 MYR', 'fx → payouts 2005 SGD']],
      ['topUp', 'MYR', '20.05 SGD', '70.18', '3.5', ['funding → fx 2005 SGD', 'fx → wallet 7018 MYR']],
      [
        'purchase',
        'SGD',
        '0.09 MYR',
        '0.03',
        '0.285714285714',
        ['wallet → fx 3 SGD', 'fx → merchants 9 MYR'],
      ],
      [
        'withdraw',
        'USD',
        '10.00 SGD',
        '7.45',
        '0.744680851064',
        ['wallet → fx 745 USD', 'fx → payouts 1000 SGD'],
      ],
      ['topUp', 'SGD', '1.00 USD', '1.34', '1.342857142857', ['funding → fx 100 USD', 'fx → wallet 134 SGD']],
    ] as const)(
      'a %s from a %s wallet of %s moves %s at %s',
      async (name, currency, amount, walletAmount, rate, postings) => {
        const userId = await call.newUser({ currency, funds: '100.00' });
        const transaction = await done(call[name](userId, amount));
        expect(transaction).toMatchObject({
          status: 'COMPLETED',
          amount: money(amount),
          walletAmount: { amount: walletAmount, currency },
          exchangeRate: rate,
        });
        const posted = (await postingsOf(test, transaction.id)).map((line) => line.replace(`:${userId}`, ''));
        expect(posted).toEqual(postings);
        const sign = name === 'topUp' ? 1 : -1;
        const total = (10_000 + sign * Math.round(Number(walletAmount) * 100)) / 100;
        expect(await call.wallet(userId)).toEqual([total.toFixed(2), '0.00', total.toFixed(2), 2]);
      },
    );

    it('keeps the rates of the time and the equivalent in base currency', async () => {
      const userId = await call.newUser({ currency: 'USD', funds: '100.00' });
      const { id } = await done(call.purchase(userId, '10.00 SGD'));
      const row = await test.orm.em.fork().findOneOrFail(Transaction, id);
      expect([row.rate, row.walletRate, row.baseAmount, row.amount, row.walletAmount]).toEqual([
        '3.50',
        '4.70',
        3500n,
        1000n,
        745n,
      ]);
    });

    it('allows spending the last cent, and nothing after it', async () => {
      const userId = await call.newUser({ funds: '1.00' });
      await done(call.purchase(userId, '0.99 MYR'));
      await done(call.withdraw(userId, '0.01 MYR'));
      expect((await call.withdraw(userId, '0.01 MYR')).userErrors).toMatchObject([
        { code: 'INSUFFICIENT_BALANCE', available: money('0.00 MYR'), required: money('0.01 MYR') },
      ]);
      expect(await call.wallet(userId)).toEqual(['0.00', '0.00', '0.00', 3]);
    });

    it('runs the mutations of one document in order; a refused one hides no other', async () => {
      const userId = await call.newUser({ funds: '10.00' });
      const ask = (alias: string, amount: string) =>
        `${alias}: createTransaction(input: { userId: "${userId}", amount: { amount: "${amount}", currency: "MYR" },
          merchantName: "Kopi", merchantCategory: "food", idempotencyKey: "${alias}" }) {
          transaction { status user { balance { available { amount } version } } } userErrors { code } }`;
      const answer = await test.graphql(
        `mutation { ${ask('a', '4.00')} ${ask('b', '40.00')} ${ask('c', '0')} ${ask('d', '6.00')} }`,
      );
      const user = (amount: string, version: number) => ({ balance: { available: { amount }, version } });
      expect(answer).toEqual({
        status: 200,
        errors: [],
        data: {
          a: { transaction: { status: 'COMPLETED', user: user('6.00', 2) }, userErrors: [] },
          b: {
            transaction: { status: 'FAILED', user: user('6.00', 2) },
            userErrors: [{ code: 'INSUFFICIENT_BALANCE' }],
          },
          c: { transaction: null, userErrors: [{ code: 'AMOUNT_BELOW_MINIMUM' }] },
          d: { transaction: { status: 'COMPLETED', user: user('0.00', 3) }, userErrors: [] },
        },
      });
    });
  });

  describe('refund', () => {
    it('returns the whole purchase as a transaction of its own when no amount is given', async () => {
      const userId = await call.newUser({ funds: '100.00' });
      const purchase = await done(call.purchase(userId, '20.05 SGD'));
      const refund = await done(call.refund(purchase.id, undefined, { reason: 'wrong size' }));
      expect(refund).toMatchObject({
        type: 'REFUND',
        status: 'COMPLETED',
        amount: money('-20.05 SGD'),
        walletAmount: money('-70.18 MYR'),
        exchangeRate: '3.5',
        merchantName: 'Kopi',
        merchantCategory: 'food',
        fraudScore: 0,
        fraudFlags: [],
        fraud: null,
        originalTransaction: { id: purchase.id },
        refundableAmount: money('0.00 SGD'),
        reason: 'wrong size',
      });
      expect(await postingsOf(test, refund.id)).toEqual([
        'merchants → fx 2005 SGD',
        `fx → wallet:${userId} 7018 MYR`,
      ]);
      expect(await call.wallet(userId)).toEqual(['100.00', '0.00', '100.00', 3]);
      expect(await reload(purchase.id)).toMatchObject({
        status: 'COMPLETED',
        refundedAmount: { amount: '20.05' },
        refundableAmount: { amount: '0.00' },
        refunds: [{ id: refund.id }],
      });
    });

    it('converts partial refunds cumulatively, so that they add up to what was debited', async () => {
      const userId = await call.newUser({ funds: '100.00' });
      const purchase = await done(call.purchase(userId, '0.05 SGD'));
      expect(purchase.walletAmount).toEqual(money('0.18 MYR'));
      const returned: string[] = [];
      for (let count = 0; count < 5; count += 1) {
        returned.push((await done(call.refund(purchase.id, '0.01 SGD'))).walletAmount.amount);
      }
      // 3.5, 7, 10.5, 14 and 17.5 sen, each rounded half-even once: 4, 7, 10, 14 and 18.
      expect(returned).toEqual(['-0.04', '-0.03', '-0.03', '-0.04', '-0.04']);
      expect(await call.wallet(userId)).toEqual(['100.00', '0.00', '100.00', 7]);
      expect((await reload(purchase.id)).refunds.map((refund: Told) => refund.walletAmount.amount)).toEqual(
        returned,
      );
    });

    it('never returns more than was paid by 99 refunds of 0.01 SGD, and the last one returns the rest', async () => {
      const userId = await call.newUser({ funds: '10.00' });
      const purchase = await done(call.purchase(userId, '1.00 SGD'));
      for (let count = 0; count < 99; count += 1) await done(call.refund(purchase.id, '0.01 SGD'));
      expect(await call.wallet(userId)).toEqual(['9.96', '0.00', '9.96', 101]);
      const last = await done(call.refund(purchase.id));
      expect([last.amount.amount, last.walletAmount.amount]).toEqual(['-0.01', '-0.04']);
      expect(await call.wallet(userId)).toEqual(['10.00', '0.00', '10.00', 102]);
      expect((await call.refund(purchase.id)).userErrors).toMatchObject([
        { code: 'REFUND_EXCEEDS_REMAINING' },
      ]);
    });
  });

  describe('reviewTransaction', () => {
    it('turns the hold of an approved debit into a posting', async () => {
      const userId = await call.newUser({ currency: 'SGD', funds: '285.00' });
      await done(call.topUp(userId, '285.00 SGD'));
      const held = await done(call.purchase(userId, '1000.01 MYR'));
      expect([held.status, held.walletAmount, held.fraudScore]).toEqual(['PENDING', money('285.72 SGD'), 60]);
      expect(await call.wallet(userId)).toEqual(['570.00', '285.72', '284.28', 3]);
      expect(await postingsOf(test, held.id)).toEqual([]);
      const tooMuch = await call.purchase(userId, '284.29 SGD');
      expect(tooMuch.userErrors).toMatchObject([
        { available: money('284.28 SGD'), required: money('284.29 SGD') },
      ]);

      test.clock.advance(1_000);
      const approved = await done(call.review(held.id, 'APPROVE', 'called the customer'));
      const decidedAt = test.clock.now().toISOString();
      expect(approved).toMatchObject({
        status: 'COMPLETED',
        review: { decision: 'APPROVE', note: 'called the customer', reviewer: 'api-key:1', decidedAt },
        createdAt: held.createdAt,
        updatedAt: decidedAt,
        user: { balance: { posted: { amount: '284.28' }, held: { amount: '0.00' }, version: 4 } },
      });
      expect(await postingsOf(test, held.id)).toEqual([
        `wallet:${userId} → fx 28572 SGD`,
        'fx → merchants 100001 MYR',
      ]);
      const error = { code: 'INVALID_STATUS_TRANSITION', current: 'COMPLETED', allowed: ['REVERSED'] };
      expect((await call.review(held.id, 'APPROVE')).userErrors).toMatchObject([error]);
      expect(await call.wallet(userId)).toEqual(['284.28', '0.00', '284.28', 4]);
    });

    it('releases the hold of a rejected debit and posts nothing', async () => {
      const userId = await call.newUser();
      await done(call.topUp(userId, '1000.00 MYR'));
      await done(call.topUp(userId, '1000.00 MYR'));
      const held = await done(call.withdraw(userId, '1500.00 MYR'));
      expect(await call.wallet(userId)).toEqual(['2000.00', '1500.00', '500.00', 3]);
      const rejected = await done(call.review(held.id, 'REJECT', 'stolen'));
      expect(rejected).toMatchObject({
        status: 'FAILED',
        failure: { code: 'REVIEW_REJECTED', message: 'Rejected in review: stolen' },
        review: { decision: 'REJECT', note: 'stolen', reviewer: 'api-key:1' },
      });
      expect(await postingsOf(test, held.id)).toEqual([]);
      expect(await call.wallet(userId)).toEqual(['2000.00', '0.00', '2000.00', 4]);
    });

    it('credits an approved top-up and does nothing to the wallet for a rejected one', async () => {
      const userId = await call.newUser();
      const approved = await done(call.topUp(userId, '1500.00 MYR'));
      const rejected = await done(call.topUp(userId, '1600.00 MYR'));
      expect([approved.status, rejected.status]).toEqual(['PENDING', 'PENDING']);
      expect(await call.wallet(userId)).toEqual(['0.00', '0.00', '0.00', 0]);
      await done(call.review(rejected.id, 'REJECT'));
      expect(await call.wallet(userId)).toEqual(['0.00', '0.00', '0.00', 0]);
      await done(call.review(approved.id, 'APPROVE'));
      expect(await call.wallet(userId)).toEqual(['1500.00', '0.00', '1500.00', 1]);
      expect(await postingsOf(test, approved.id)).toEqual([`funding → wallet:${userId} 150000 MYR`]);
      expect(await postingsOf(test, rejected.id)).toEqual([]);
    });

    it('keeps a user with held money from being closed', async () => {
      const userId = await call.newUser();
      await done(call.topUp(userId, '1000.00 MYR'));
      await done(call.topUp(userId, '0.01 MYR'));
      await done(call.withdraw(userId, '1000.01 MYR'));
      const before = await snapshot(test);
      expect((await call.setStatus(userId, 'CLOSED')).userErrors).toMatchObject([{ code: 'USER_NOT_EMPTY' }]);
      expect(await snapshot(test)).toEqual(before);
    });
  });

  describe('reverseTransaction', () => {
    it.each([
      ['purchase', '90.00', '100.00', ['wallet → merchants 1000 MYR', 'merchants → wallet 1000 MYR']],
      ['withdraw', '90.00', '100.00', ['wallet → payouts 1000 MYR', 'payouts → wallet 1000 MYR']],
      ['topUp', '110.00', '100.00', ['funding → wallet 1000 MYR', 'wallet → funding 1000 MYR']],
    ] as const)('undoes a %s by opposite postings', async (name, between, after, postings) => {
      const userId = await call.newUser({ funds: '100.00' });
      const { id } = await done(call[name](userId, '10.00 MYR'));
      expect(await call.wallet(userId)).toEqual([between, '0.00', between, 2]);
      const reversed = await done(call.reverse(id, { reason: 'paid twice' }));
      expect(reversed).toMatchObject({
        id,
        status: 'REVERSED',
        refundableAmount: money('0.00 MYR'),
        reversal: {
          reason: 'paid twice',
          reversedBy: 'api-key:1',
          reversedAt: test.clock.now().toISOString(),
        },
      });
      expect((await postingsOf(test, id)).map((line) => line.replace(`:${userId}`, ''))).toEqual(postings);
      expect(await call.wallet(userId)).toEqual([after, '0.00', after, 3]);
    });

    it('undoes only what of a purchase was not refunded, in both currencies', async () => {
      const userId = await call.newUser({ funds: '100.00' });
      const { id } = await done(call.purchase(userId, '0.05 SGD'));
      await done(call.refund(id, '0.01 SGD'));
      expect(await call.wallet(userId)).toEqual(['99.86', '0.00', '99.86', 3]);
      await done(call.reverse(id));
      expect((await postingsOf(test, id)).slice(2)).toEqual([
        `fx → wallet:${userId} 14 MYR`,
        'merchants → fx 4 SGD',
      ]);
      expect(await call.wallet(userId)).toEqual(['100.00', '0.00', '100.00', 4]);
    });

    it('moves nothing and keeps the version when all was refunded already', async () => {
      const userId = await call.newUser({ funds: '100.00' });
      const { id } = await done(call.purchase(userId, '5.00 MYR'));
      await done(call.refund(id));
      const before = await snapshot(test);
      expect((await done(call.reverse(id))).status).toBe('REVERSED');
      const after = await snapshot(test);
      expect(after.wallets).toEqual(before.wallets);
      expect([after.postings, after.transactions]).toEqual([before.postings, before.transactions]);
      expect(after.events).toBe(before.events + 1);
    });

    it('of a refund takes the money back and makes it refundable again', async () => {
      const userId = await call.newUser({ funds: '100.00' });
      const purchase = await done(call.purchase(userId, '10.00 SGD'));
      const refund = await done(call.refund(purchase.id, '4.00 SGD'));
      expect(await call.wallet(userId)).toEqual(['79.00', '0.00', '79.00', 3]);
      await done(call.reverse(refund.id));
      expect(await call.wallet(userId)).toEqual(['65.00', '0.00', '65.00', 4]);
      expect(await reload(purchase.id)).toMatchObject({
        refundedAmount: { amount: '0.00' },
        refundableAmount: { amount: '10.00' },
      });
      await done(call.refund(purchase.id));
      expect(await call.wallet(userId)).toEqual(['100.00', '0.00', '100.00', 5]);
    });

    it('of a refund is refused when its money is spent or its purchase reversed', async () => {
      const userId = await call.newUser({ funds: '10.00' });
      const purchase = await done(call.purchase(userId, '10.00 MYR'));
      const refund = await done(call.refund(purchase.id, '4.00 MYR'));
      const spent = await done(call.purchase(userId, '3.00 MYR'));
      expect((await call.reverse(refund.id)).userErrors).toMatchObject([
        { code: 'INSUFFICIENT_BALANCE', available: money('1.00 MYR'), required: money('4.00 MYR') },
      ]);
      await done(call.reverse(spent.id));
      await done(call.reverse(purchase.id));
      expect((await call.reverse(refund.id)).userErrors).toMatchObject([
        { code: 'INVALID_STATUS_TRANSITION', current: 'COMPLETED', allowed: [] },
      ]);
      expect(await call.wallet(userId)).toEqual(['10.00', '0.00', '10.00', 6]);
    });

    it('does not touch a pending transaction', async () => {
      const userId = await call.newUser();
      const { id } = await done(call.topUp(userId, '1000.01 MYR'));
      expect((await call.reverse(id)).userErrors).toMatchObject([
        { code: 'INVALID_STATUS_TRANSITION', current: 'PENDING', allowed: ['COMPLETED', 'FAILED'] },
      ]);
    });
  });
});
