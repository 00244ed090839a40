import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type Calls, callsOf, type Told } from '../support/api.js';
import { NOON, startApp, type TestApp } from '../support/app.js';
import { databases } from '../support/databases.js';

const MINUTE = 60_000;
const MIDNIGHT = '2026-03-10T16:00:00.000Z';

describe.each(databases)('fraud rules on $name', (kind) => {
  let test: TestApp;
  let call: Calls;
  beforeAll(async () => {
    test = await startApp(kind);
    call = callsOf(test);
  });
  beforeEach(() => test.clock.set(NOON));
  afterAll(() => test.close());

  const flagsOf = ({ transaction }: Told) => [transaction.fraudScore, transaction.fraudFlags];
  /** A user who has made this many earlier transactions, all at this instant, the first of them a top-up. */
  const active = async (earlier: number, funds = '1000.00'): Promise<string> => {
    const userId = await call.newUser({ funds });
    for (let count = 1; count < earlier; count += 1) await call.purchase(userId, `${count}.00 MYR`);
    return userId;
  };

  it('give no points to an ordinary payment', async () => {
    const { transaction } = await call.purchase(await active(1), '10.00 MYR');
    expect(transaction.fraud).toEqual({ score: 0, level: 'LOW', hits: [] });
  });

  it('HIGH_VELOCITY: the seventh transaction within ten minutes, and not the sixth', async () => {
    const userId = await active(5, '3000.00');
    expect(flagsOf(await call.purchase(userId, '2.50 MYR'))).toEqual([0, []]);
    const { transaction } = await call.purchase(userId, '2.60 MYR');
    expect(transaction.fraud).toEqual({
      score: 20,
      level: 'LOW',
      hits: [
        {
          flag: 'HIGH_VELOCITY',
          points: 20,
          reason: 'More than 5 earlier transactions in the last 10 minutes.',
          observed: 'at least 6 earlier transactions in 10 minutes',
          threshold: 'more than 5 in 10 minutes',
        },
      ],
    });
    test.clock.advance(10 * MINUTE - 1);
    expect(flagsOf(await call.purchase(userId, '2.70 MYR'))).toEqual([20, ['HIGH_VELOCITY']]);
    test.clock.advance(1);
    expect(flagsOf(await call.purchase(userId, '2.80 MYR'))).toEqual([0, []]);
  });

  it('SUSPICIOUS_VELOCITY: the twelfth within the hour, and not the eleventh', async () => {
    const userId = await active(10);
    expect(flagsOf(await call.purchase(userId, '1.50 MYR'))).toEqual([20, ['HIGH_VELOCITY']]);
    test.clock.advance(10 * MINUTE);
    const { transaction } = await call.purchase(userId, '1.60 MYR');
    expect(transaction.fraud).toEqual({
      score: 20,
      level: 'LOW',
      hits: [
        {
          flag: 'SUSPICIOUS_VELOCITY',
          points: 20,
          reason: 'More than 10 earlier transactions in the last 1 hour.',
          observed: 'at least 11 earlier transactions in 1 hour',
          threshold: 'more than 10 in 1 hour',
        },
      ],
    });
    test.clock.advance(50 * MINUTE);
    expect(flagsOf(await call.purchase(userId, '1.70 MYR'))).toEqual([0, []]);
  });

  it('UNUSUAL_AMOUNT: more than three times the average of the same direction, not exactly three times', async () => {
    const userId = await active(1);
    expect(flagsOf(await call.purchase(userId, '10.00 MYR'))).toEqual([0, []]);
    expect(flagsOf(await call.purchase(userId, '30.00 MYR'))).toEqual([0, []]);
    const { transaction } = await call.withdraw(userId, '60.01 MYR');
    expect(transaction.fraud).toEqual({
      score: 20,
      level: 'LOW',
      hits: [
        {
          flag: 'UNUSUAL_AMOUNT',
          points: 20,
          reason: 'More than 3 times the average debit of the last 30 days.',
          observed: '60.01 MYR',
          threshold: 'more than 3 × 20.00 MYR, the average of 2 in 30 days',
        },
      ],
    });
    // Top-ups are compared with top-ups alone.
    expect(flagsOf(await call.topUp(userId, '3000.00 MYR'))).toEqual([0, []]);
  });

  it('UNUSUAL_AMOUNT: forgets after 30 days, and counts neither failed, reversed nor refunded history', async () => {
    const userId = await active(1);
    const small = (await call.purchase(userId, '1.00 MYR')).transaction;
    expect((await call.purchase(userId, '5000.00 MYR')).transaction.status).toBe('FAILED');
    expect(flagsOf(await call.purchase(userId, '3.01 MYR'))).toEqual([20, ['UNUSUAL_AMOUNT']]);
    const last = (await call.query(`{ transactions(userId: "${userId}", first: 1) { nodes { id } } }`))
      .transactions.nodes[0];
    await call.reverse(last.id);
    await call.refund(small.id);
    expect(flagsOf(await call.purchase(userId, '3.00 MYR'))).toEqual([0, []]);
    test.clock.advance(30 * 24 * 60 * MINUTE);
    expect(flagsOf(await call.purchase(userId, '900.00 MYR'))).toEqual([0, []]);
  });

  it('HIGH_VALUE: the equivalent of more than 10,000.00 MYR', async () => {
    const userId = await call.newUser({ funds: '10000.00' });
    const { transaction } = await call.topUp(userId, '2857.15 SGD');
    expect(transaction.fraud).toEqual({
      score: 20,
      level: 'LOW',
      hits: [
        {
          flag: 'HIGH_VALUE',
          points: 20,
          reason: 'The equivalent of more than 10000.00 MYR.',
          observed: '10000.02 MYR',
          threshold: 'more than 10000.00 MYR',
        },
      ],
    });
    expect(flagsOf(await call.withdraw(userId, '10000.00 MYR'))).toEqual([0, []]);
  });

  it.each([
    ['Asia/Kuala_Lumpur', '2026-03-10T14:59:59.999Z', null],
    ['Asia/Kuala_Lumpur', '2026-03-10T15:00:00.000Z', '23:00'],
    ['Asia/Kuala_Lumpur', '2026-03-10T20:59:59.999Z', '04:00'],
    ['Asia/Kuala_Lumpur', '2026-03-10T21:00:00.000Z', null],
    ['Asia/Kuala_Lumpur', '2028-02-28T16:00:00.000Z', '00:00'],
    ['Asia/Kuala_Lumpur', '2028-02-29T15:00:00.000Z', '23:00'],
    ['America/New_York', '2026-03-08T06:59:59.999Z', '01:00'],
    ['America/New_York', '2026-03-08T07:00:00.000Z', '03:00'],
    ['America/New_York', '2026-03-08T08:59:59.999Z', '04:00'],
    ['America/New_York', '2026-03-08T09:00:00.000Z', null],
    ['America/New_York', '2026-11-01T05:30:00.000Z', '01:00'],
    ['America/New_York', '2026-11-01T06:30:00.000Z', '01:00'],
    ['America/New_York', '2026-11-01T09:59:59.999Z', '04:00'],
    ['America/New_York', '2026-11-01T10:00:00.000Z', null],
    ['America/New_York', '2026-11-02T03:59:59.999Z', null],
    ['America/New_York', '2026-11-02T04:00:00.000Z', '23:00'],
    ['Asia/Kathmandu', '2026-03-10T17:15:00.000Z', '23:00'],
    ['Asia/Kathmandu', '2026-03-10T17:14:59.999Z', null],
  ])('OFF_HOURS: in %s at %s it is %s', async (timeZone, now, hour) => {
    test.clock.set(now);
    const userId = await call.newUser({ timeZone });
    const { transaction } = await call.topUp(userId, '1.00 MYR');
    expect(transaction.fraud.hits).toEqual(
      hour === null
        ? []
        : [
            {
              flag: 'OFF_HOURS',
              points: 20,
              reason: `Made at night in ${timeZone}.`,
              observed: `hour ${hour} in ${timeZone}`,
              threshold: 'from 23:00 to 05:00',
            },
          ],
    );
  });

  it('POSSIBLE_DUPLICATE: flags, without points, the same payment within five minutes', async () => {
    const userId = await active(1);
    await call.purchase(userId, '10.00 MYR');
    test.clock.advance(5 * MINUTE - 1);
    const { transaction } = await call.purchase(userId, '10 MYR', { merchantCategory: 'drinks' });
    expect(transaction.fraud).toEqual({
      score: 0,
      level: 'LOW',
      hits: [
        {
          flag: 'POSSIBLE_DUPLICATE',
          points: 0,
          reason: 'One just like it was made shortly before.',
          observed: 'the same 299 s earlier',
          threshold: 'within 5 minutes',
        },
      ],
    });
    const different = [
      () => call.purchase(userId, '10.01 MYR'),
      () => call.purchase(userId, '10.00 SGD'),
      () => call.purchase(userId, '10.00 MYR', { merchantName: 'Teh' }),
      () => call.withdraw(userId, '10.00 MYR', { merchantName: 'Kopi' }),
    ];
    for (const other of different)
      expect((await other()).transaction.fraudFlags).not.toContain('POSSIBLE_DUPLICATE');
    test.clock.advance(5 * MINUTE);
    expect((await call.purchase(userId, '10.00 MYR')).transaction.fraudFlags).not.toContain(
      'POSSIBLE_DUPLICATE',
    );
  });

  it('count failed attempts in the velocity, and refunds not at all', async () => {
    const tester = await call.newUser({ funds: '1.00' });
    for (let count = 0; count < 5; count += 1) {
      expect((await call.purchase(tester, `5${count}.00 MYR`)).transaction.status).toBe('FAILED');
    }
    const declined = await call.purchase(tester, '60.00 MYR');
    expect([flagsOf(declined), declined.transaction.status]).toEqual([[20, ['HIGH_VELOCITY']], 'FAILED']);

    const refunded = await call.newUser({ funds: '100.00' });
    const { id } = (await call.purchase(refunded, '10.00 MYR')).transaction;
    for (let count = 0; count < 10; count += 1) await call.refund(id, '1.00 MYR');
    expect(flagsOf(await call.purchase(refunded, '11.00 MYR'))).toEqual([0, []]);
  });

  it.each([
    [12, NOON, 'LOW', 20, 'COMPLETED', 11 * MINUTE],
    [12, NOON, 'MONITOR', 40, 'COMPLETED', 0],
    [12, MIDNIGHT, 'REVIEW', 60, 'PENDING', 0],
  ] as const)(
    'after %i earlier ones at %s mean %s, %i points and %s',
    async (earlier, now, level, score, status, later) => {
      test.clock.set(now);
      const userId = await call.newUser({ funds: '1000.00' });
      for (let count = 1; count < earlier; count += 1) {
        const { id, status: settled } = (await call.topUp(userId, `${900 + count}.00 MYR`)).transaction;
        if (settled === 'PENDING') await call.review(id, 'REJECT');
      }
      test.clock.advance(later);
      const [posted, , , version] = await call.wallet(userId);
      const { transaction } = await call.purchase(userId, '250.00 MYR');
      expect([transaction.fraud.level, transaction.fraudScore, transaction.status]).toEqual([
        level,
        score,
        status,
      ]);
      const left = (Number(posted) - 250).toFixed(2);
      expect(await call.wallet(userId)).toEqual(
        status === 'PENDING' ? [posted, '250.00', left, version + 1] : [left, '0.00', left, version + 1],
      );
    },
  );

  it('add up to HIGH, and hold the money of the debit', async () => {
    test.clock.set('2026-03-10T16:00:00.000Z');
    const userId = await call.newUser({ funds: '30000.00' });
    await call.purchase(userId, '1.00 MYR');
    for (let count = 0; count < 4; count += 1) await call.topUp(userId, `${count + 1}.00 MYR`);
    const { transaction, userErrors } = await call.purchase(userId, '10000.01 MYR');
    expect(userErrors).toEqual([]);
    expect(transaction).toMatchObject({
      status: 'PENDING',
      fraudScore: 80,
      fraudFlags: ['HIGH_VELOCITY', 'UNUSUAL_AMOUNT', 'HIGH_VALUE', 'OFF_HOURS'],
      fraud: { level: 'HIGH', score: 80 },
    });
    expect(await call.wallet(userId)).toEqual(['30009.00', '10000.01', '20008.99', 7]);
  });

  it('see every one of many parallel payments', async () => {
    const userId = await call.newUser({ funds: '1000.00' });
    const answers = await Promise.all(
      Array.from({ length: 15 }, (_, index) => call.purchase(userId, `${20 + index}.00 MYR`)),
    );
    const scores = answers.map(({ transaction }) => transaction.fraudScore).sort((a, b) => a - b);
    expect(scores).toEqual([...Array(5).fill(0), ...Array(5).fill(20), ...Array(5).fill(40)]);
  });
});
