import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type Calls, callsOf, money } from '../support/api.js';
import { NOON, startApp, type TestApp } from '../support/app.js';
import { databases } from '../support/databases.js';

const NEXT_NOON = '2026-03-11T04:00:00.000Z';

describe.each(databases)('the limit of a local day on $name', (kind) => {
  let test: TestApp;
  let call: Calls;
  beforeAll(async () => {
    // Debits of a day come to at most 100 MYR; one of more than 80 MYR is held for review; no other rule gives points.
    test = await startApp(kind, {
      DAILY_SPENDING_LIMIT: '100',
      FRAUD_HIGH_VALUE_THRESHOLD: '80',
      FRAUD_HIGH_VALUE_POINTS: '60',
      FRAUD_VELOCITY_POINTS: '0',
      FRAUD_SUSPICIOUS_VELOCITY_POINTS: '0',
      FRAUD_UNUSUAL_AMOUNT_POINTS: '0',
      FRAUD_OFF_HOURS_POINTS: '0',
    });
    call = callsOf(test);
  });
  beforeEach(() => test.clock.set(NOON));
  afterAll(() => test.close());

  const funded = async (more: object = {}): Promise<string> => {
    const userId = await call.newUser({ ...more });
    for (let count = 0; count < 6; count += 1) await call.topUp(userId, '80.00 MYR');
    return userId;
  };
  const spend = async (userId: string, amount: string): Promise<string> => {
    const { transaction, userErrors } = await call.withdraw(userId, `${amount} MYR`);
    expect(userErrors).toEqual([]);
    return transaction.id;
  };
  /** Nothing more can be spent today than `remaining`. */
  const isLeft = async (userId: string, used: string, remaining: string) => {
    const { transaction, userErrors } = await call.withdraw(userId, '79.99 MYR');
    expect(transaction.status).toBe('FAILED');
    expect(userErrors).toMatchObject([
      {
        __typename: 'LimitError',
        code: 'DAILY_LIMIT_EXCEEDED',
        limit: money('100.00 MYR'),
        used: money(`${used} MYR`),
        remaining: money(`${remaining} MYR`),
      },
    ]);
  };

  it.each([
    ['an ordinary day', 'Asia/Kuala_Lumpur', '2026-03-09T16:00:00Z', '2026-03-10T16:00:00Z', 24],
    [
      'the day when clocks go forward',
      'America/New_York',
      '2026-03-08T05:00:00Z',
      '2026-03-09T04:00:00Z',
      23,
    ],
    ['the day when clocks go back', 'America/New_York', '2026-11-01T04:00:00Z', '2026-11-02T05:00:00Z', 25],
    ['a leap day', 'Asia/Kuala_Lumpur', '2028-02-28T16:00:00Z', '2028-02-29T16:00:00Z', 24],
    ['the day after it', 'America/New_York', '2028-03-01T05:00:00Z', '2028-03-02T05:00:00Z', 24],
    ['a day that begins at one o’clock', 'Africa/Cairo', '2026-04-23T22:00:00Z', '2026-04-24T21:00:00Z', 23],
    ['the turn of the year', 'Pacific/Auckland', '2026-12-31T11:00:00Z', '2027-01-01T11:00:00Z', 24],
  ])('lasts for %s in %s from %s to %s', async (_title, timeZone, start, end, hours) => {
    const [first, last] = [Date.parse(start), Date.parse(end)];
    expect((last - first) / 3_600_000).toBe(hours);
    const at = (instant: number) => test.clock.set(new Date(instant).toISOString());
    at(first - 1);
    const userId = await funded({ timeZone });
    await spend(userId, '60.00');
    await spend(userId, '40.00');
    await isLeft(userId, '100.00', '0.00');
    at(first);
    await spend(userId, '60.00');
    await isLeft(userId, '60.00', '40.00');
    at(last - 1);
    await spend(userId, '39.99');
    await isLeft(userId, '99.99', '0.01');
    await spend(userId, '0.01');
    await isLeft(userId, '100.00', '0.00');
    at(last);
    await spend(userId, '80.00');
    await isLeft(userId, '80.00', '20.00');
  });

  it('is not freed by a refund, on the same day or after midnight', async () => {
    const userId = await funded();
    const { id } = (await call.purchase(userId, '70.00 MYR')).transaction;
    await call.refund(id, '30.00 MYR');
    await isLeft(userId, '70.00', '30.00');
    test.clock.set(NEXT_NOON);
    expect((await call.refund(id)).userErrors).toEqual([]);
    await spend(userId, '80.00');
    await spend(userId, '20.00');
    await isLeft(userId, '100.00', '0.00');
  });

  it('is freed by the rejection and by the reversal of a debit, for as long as its day lasts', async () => {
    const userId = await funded();
    const { transaction: held } = await call.withdraw(userId, '90.00 MYR');
    expect(held.status).toBe('PENDING');
    await isLeft(userId, '90.00', '10.00');
    await call.review(held.id, 'REJECT');
    const spent = await spend(userId, '75.00');
    await isLeft(userId, '75.00', '25.00');
    await call.reverse(spent);
    await spend(userId, '80.00');
    await isLeft(userId, '80.00', '20.00');
    test.clock.set(NEXT_NOON);
    const today = await spend(userId, '30.00');
    test.clock.set('2026-03-11T15:59:59.999Z');
    await isLeft(userId, '30.00', '70.00');
    await call.reverse(today);
    await spend(userId, '80.00');
    await isLeft(userId, '80.00', '20.00');
  });

  it('counts an approved debit on the day when it was made', async () => {
    const userId = await funded();
    const { transaction: held } = await call.withdraw(userId, '100.00 MYR');
    expect(held.status).toBe('PENDING');
    test.clock.set(NEXT_NOON);
    await call.review(held.id, 'APPROVE');
    await spend(userId, '80.00');
    await isLeft(userId, '80.00', '20.00');
  });

  it('counts neither top-ups nor failed attempts, and foreign amounts by their equivalent', async () => {
    const userId = await funded();
    expect((await call.withdraw(userId, '100.01 MYR')).userErrors).toMatchObject([
      { used: money('0.00 MYR') },
    ]);
    expect((await call.withdraw(userId, '20.00 SGD')).userErrors).toEqual([]);
    await call.topUp(userId, '80.00 MYR');
    await isLeft(userId, '70.00', '30.00');
    expect((await call.purchase(userId, '8.58 SGD')).userErrors).toMatchObject([
      { code: 'DAILY_LIMIT_EXCEEDED' },
    ]);
    expect((await call.purchase(userId, '8.57 SGD')).userErrors).toEqual([]);
  });
});
