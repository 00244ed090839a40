import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type Calls, callsOf, money, type Told } from '../support/api.js';
import { NOON, startApp, type TestApp } from '../support/app.js';
import { databases } from '../support/databases.js';
import { idOf } from '../support/ledger.js';
import { askInsights, askSpending, insertRows, refuseSpending } from '../support/spending.js';

describe.each(databases)('spending on $name', (kind) => {
  let test: TestApp;
  let call: Calls;
  let serial = 0;
  beforeAll(async () => {
    test = await startApp(kind, { FRAUD_HIGH_VALUE_THRESHOLD: '500', FRAUD_HIGH_VALUE_POINTS: '60' });
    call = callsOf(test);
  });
  beforeEach(() => test.clock.set(NOON));
  afterAll(() => test.close());

  /** A user with completed purchases, each of so many sen at an instant. */
  const spender = async (timeZone: string, purchases: ReadonlyArray<readonly [at: string, sen: bigint]>) => {
    const userId = await call.newUser({ timeZone });
    const rows = purchases.map(([at, baseAmount]) => {
      serial += 1;
      return { id: idOf(serial), createdAt: new Date(at), baseAmount };
    });
    await insertRows(test, userId, rows);
    return userId;
  };
  const bucketsOf = ({ series }: Told) =>
    series.map(({ start, end, amount, count }: Told) => [start, end, amount.amount, count]);

  it('is told of purchases and refunds, and of nothing else', async () => {
    const userId = await call.newUser({ funds: '400.00' });
    const kopi = (await call.purchase(userId, '10.00 MYR')).transaction.id;
    await call.purchase(userId, '20.00 MYR', { merchantName: 'Teh' });
    await call.purchase(userId, '30.00 SGD', { merchantName: 'Grab', merchantCategory: 'transport' });
    await call.refund(kopi, '2.50 MYR');
    await call.withdraw(userId, '5.00 MYR');
    const mistaken = (await call.purchase(userId, '40.00 MYR')).transaction.id;
    await call.refund(mistaken, '1.00 MYR');
    await call.reverse(mistaken);
    await call.topUp(userId, '500.00 MYR');
    expect((await call.purchase(userId, '500.01 MYR')).transaction.status).toBe('PENDING');
    const period = { userId, from: '2026-03-10T00:00:00+08:00', to: '2026-03-12T00:00:00+08:00' };
    const told = await askSpending(call, period);
    expect({ ...told, byHourOfDay: told.byHourOfDay.filter(({ count }: Told) => count > 0) }).toEqual({
      total: money('132.50 MYR'),
      count: 3,
      average: money('45.00 MYR'),
      largest: money('105.00 MYR'),
      refunded: money('2.50 MYR'),
      previousTotal: money('0.00 MYR'),
      change: null,
      byCategory: [
        {
          category: 'transport',
          amount: money('105.00 MYR'),
          count: 1,
          share: '0.7925',
          previous: money('0.00 MYR'),
          change: null,
        },
        {
          category: 'food',
          amount: money('27.50 MYR'),
          count: 2,
          share: '0.2075',
          previous: money('0.00 MYR'),
          change: null,
        },
      ],
      byMerchant: [
        { merchant: 'Grab', amount: money('105.00 MYR'), count: 1, share: '0.7925' },
        { merchant: 'Teh', amount: money('20.00 MYR'), count: 1, share: '0.1509' },
        { merchant: 'Kopi', amount: money('7.50 MYR'), count: 1, share: '0.0566' },
      ],
      series: [
        {
          start: '2026-03-09T16:00:00.000Z',
          end: '2026-03-10T16:00:00.000Z',
          amount: money('132.50 MYR'),
          count: 3,
        },
        {
          start: '2026-03-10T16:00:00.000Z',
          end: '2026-03-11T16:00:00.000Z',
          amount: money('0.00 MYR'),
          count: 0,
        },
      ],
      byHourOfDay: [{ hour: 12, amount: money('132.50 MYR'), count: 3 }],
    });
    expect(told.byHourOfDay.map(({ hour }: Told) => hour)).toEqual([...Array(24).keys()]);
    const inDollars = await askSpending(call, { ...period, currency: 'USD' });
    expect([inDollars.total, inDollars.average, inDollars.byCategory[1].share]).toEqual([
      money('28.19 USD'),
      money('9.57 USD'),
      '0.2075',
    ]);
  });

  it('is nothing where nothing was spent', async () => {
    const userId = await call.newUser({ currency: 'SGD' });
    const told = await askSpending(call, { userId, from: NOON, to: '2026-03-10T04:00:00.001Z' });
    expect({ ...told, byHourOfDay: told.byHourOfDay.length }).toEqual({
      total: money('0.00 SGD'),
      count: 0,
      average: null,
      largest: null,
      refunded: money('0.00 SGD'),
      previousTotal: money('0.00 SGD'),
      change: null,
      byCategory: [],
      byMerchant: [],
      series: [
        {
          start: '2026-03-09T16:00:00.000Z',
          end: '2026-03-10T16:00:00.000Z',
          amount: money('0.00 SGD'),
          count: 0,
        },
      ],
      byHourOfDay: 24,
    });
  });

  it('is below nothing where more was refunded, and then has no shares', async () => {
    const userId = await call.newUser({ funds: '50.00' });
    const { id } = (await call.purchase(userId, '20.00 MYR')).transaction;
    test.clock.advance(60_000);
    await call.refund(id, '5.00 MYR');
    const from = '2026-03-10T04:01:00Z';
    const told = await askSpending(call, { userId, from, to: '2026-03-10T04:02:00Z' });
    expect([told.total.amount, told.count, told.average, told.previousTotal.amount, told.change]).toEqual([
      '-5.00',
      0,
      null,
      '20.00',
      '-1.2500',
    ]);
    expect(told.byCategory).toMatchObject([{ amount: { amount: '-5.00' }, share: null, change: '-1.2500' }]);
  });

  it('goes by the days of 23 and 25 hours when clocks change', async () => {
    const userId = await spender('America/New_York', [
      ['2026-03-08T04:59:59.999Z', 1n],
      ['2026-03-08T05:00:00.000Z', 20n],
      ['2026-03-08T06:59:59.999Z', 300n],
      ['2026-03-08T07:00:00.000Z', 4_000n],
      ['2026-03-09T03:59:59.999Z', 50_000n],
      ['2026-03-09T04:00:00.000Z', 600_000n],
      ['2026-11-01T04:00:00.000Z', 1n],
      ['2026-11-01T05:30:00.000Z', 20n],
      ['2026-11-01T06:30:00.000Z', 300n],
      ['2026-11-02T04:59:59.999Z', 4_000n],
      ['2026-11-02T05:00:00.000Z', 50_000n],
    ]);
    const spring = await askSpending(call, {
      userId,
      from: '2026-03-07T05:00:00Z',
      to: '2026-03-10T04:00:00Z',
    });
    expect(bucketsOf(spring)).toEqual([
      ['2026-03-07T05:00:00.000Z', '2026-03-08T05:00:00.000Z', '0.01', 1],
      ['2026-03-08T05:00:00.000Z', '2026-03-09T04:00:00.000Z', '543.20', 4],
      ['2026-03-09T04:00:00.000Z', '2026-03-10T04:00:00.000Z', '6000.00', 1],
    ]);
    const hours = (told: Told) =>
      told.byHourOfDay.flatMap(({ hour, amount, count }: Told) =>
        count > 0 ? [`${hour}: ${amount.amount}`] : [],
      );
    // At two the clocks show three.
    expect(hours(spring)).toEqual(['0: 6000.20', '1: 3.00', '3: 40.00', '23: 500.01']);
    const autumn = await askSpending(call, {
      userId,
      from: '2026-11-01T04:00:00Z',
      to: '2026-11-03T05:00:00Z',
    });
    expect(bucketsOf(autumn)).toEqual([
      ['2026-11-01T04:00:00.000Z', '2026-11-02T05:00:00.000Z', '43.21', 4],
      ['2026-11-02T05:00:00.000Z', '2026-11-03T05:00:00.000Z', '500.00', 1],
    ]);
    // The hour from one to two comes twice.
    expect(hours(autumn)).toEqual(['0: 500.01', '1: 3.20', '23: 40.00']);
  });

  it('goes by ISO weeks over New Year, whole ones, of which only what the period holds counts', async () => {
    const userId = await spender('Asia/Kuala_Lumpur', [
      ['2026-12-27T15:59:59.999Z', 1n],
      ['2026-12-27T16:00:00.000Z', 20n],
      ['2026-12-31T15:59:59.999Z', 300n],
      ['2026-12-31T16:00:00.000Z', 4_000n],
      ['2027-01-03T15:59:59.999Z', 50_000n],
      ['2027-01-03T16:00:00.000Z', 600_000n],
    ]);
    const ask = (from: string, to: string, granularity = 'WEEK') =>
      askSpending(call, { userId, from, to, granularity });
    expect(bucketsOf(await ask('2026-12-21T00:00:00+08:00', '2027-01-11T00:00:00+08:00'))).toEqual([
      ['2026-12-20T16:00:00.000Z', '2026-12-27T16:00:00.000Z', '0.01', 1],
      ['2026-12-27T16:00:00.000Z', '2027-01-03T16:00:00.000Z', '543.20', 4],
      ['2027-01-03T16:00:00.000Z', '2027-01-10T16:00:00.000Z', '6000.00', 1],
    ]);
    expect(bucketsOf(await ask('2027-01-01T00:00:00+08:00', '2027-01-02T00:00:00+08:00'))).toEqual([
      ['2026-12-27T16:00:00.000Z', '2027-01-03T16:00:00.000Z', '40.00', 1],
    ]);
    expect(bucketsOf(await ask('2026-12-31T00:00:00+08:00', '2027-02-01T00:00:00+08:00', 'MONTH'))).toEqual([
      ['2026-11-30T16:00:00.000Z', '2026-12-31T16:00:00.000Z', '3.00', 1],
      ['2026-12-31T16:00:00.000Z', '2027-01-31T16:00:00.000Z', '6540.00', 3],
    ]);
  });

  it('has a bucket for a leap day', async () => {
    const userId = await spender('Asia/Kolkata', [['2028-02-28T18:30:00.000Z', 500n]]);
    const told = await askSpending(call, {
      userId,
      from: '2028-02-28T00:00:00+05:30',
      to: '2028-03-02T00:00:00+05:30',
    });
    expect(bucketsOf(told)).toEqual([
      ['2028-02-27T18:30:00.000Z', '2028-02-28T18:30:00.000Z', '0.00', 0],
      ['2028-02-28T18:30:00.000Z', '2028-02-29T18:30:00.000Z', '5.00', 1],
      ['2028-02-29T18:30:00.000Z', '2028-03-01T18:30:00.000Z', '0.00', 0],
    ]);
  });

  it.each([
    ['no end', { to: undefined }, 'BAD_USER_INPUT', undefined, /"\$to"/],
    ['an empty period', { to: NOON }, 'BAD_USER_INPUT', ['from'], /^from must be before to\.$/],
    [
      'a reversed period',
      { to: '2026-03-09T00:00:00Z' },
      'BAD_USER_INPUT',
      ['from'],
      /^from must be before to\.$/,
    ],
    [
      'too long a period',
      { to: '2028-03-10T04:00:00.001Z' },
      'BAD_USER_INPUT',
      ['to'],
      /^From from to to are 732 days; at most 731 can be asked for at once\.$/,
    ],
    [
      'an unknown currency',
      { currency: 'EUR' },
      'UNSUPPORTED_CURRENCY',
      ['currency'],
      /^EUR is not supported/,
    ],
    ['an unknown user', { userId: 'nobody' }, 'USER_NOT_FOUND', ['userId'], /^There is no user "nobody"\.$/],
    ['no such granularity', { granularity: 'YEAR' }, 'BAD_USER_INPUT', undefined, /"YEAR"/],
  ])('refuses %s', async (_title, asked, code, path, message) => {
    const userId = await call.newUser();
    const period = { userId, from: NOON, to: '2028-03-10T04:00:00Z' };
    expect((await refuseSpending(test, period)).errors).toEqual([]);
    const { data, errors } = await refuseSpending(test, { ...period, ...asked });
    expect(data?.spendingAnalytics).toBeUndefined();
    expect(errors.map(({ extensions }) => [extensions.code, extensions.argumentPath])).toEqual([
      [code, path],
    ]);
    expect(errors[0]?.message).toMatch(message);
  });

  it.each([0, 101, -1])('refuses %d merchants', async (first) => {
    const userId = await call.newUser();
    const { errors } = await test.graphql(`{ spendingAnalytics(userId: "${userId}", from: "${NOON}",
      to: "2026-03-11T04:00:00Z") { byMerchant(first: ${first}) { merchant } } }`);
    expect(errors).toMatchObject([
      {
        message: 'first must be from 1 to 100.',
        extensions: { code: 'BAD_USER_INPUT', argumentPath: ['first'] },
      },
    ]);
  });

  it('tells habits, and compares a month with the same days of the one before', async () => {
    // Kuala Lumpur's clock shows 10:00 on the 31st; April has no such day.
    test.clock.set('2026-05-31T02:00:00.000Z');
    const userId = await spender('Asia/Kuala_Lumpur', [
      ['2026-03-02T02:00:00.000Z', 900n],
      ['2026-04-01T04:00:00.000Z', 1_000n],
      ['2026-04-30T15:59:59.999Z', 2_000n],
      ['2026-04-30T16:00:00.000Z', 4_000n],
      ['2026-05-31T02:00:00.000Z', 2_200n],
    ]);
    expect(await askInsights(call, userId)).toEqual({
      count: 5,
      averageTransaction: money('20.20 MYR'),
      purchasesPerWeek: '0.3889',
      usualHours: [
        { hour: 10, amount: money('31.00 MYR'), count: 2 },
        { hour: 0, amount: money('40.00 MYR'), count: 1 },
        { hour: 12, amount: money('10.00 MYR'), count: 1 },
      ],
      topCategories: [{ category: 'food_and_drink', amount: money('101.00 MYR'), count: 5, share: '1.0000' }],
      topMerchants: [{ merchant: 'Kedai Kopi', amount: money('101.00 MYR'), count: 5, share: '1.0000' }],
      month: {
        start: '2026-04-30T16:00:00.000Z',
        end: '2026-05-31T16:00:00.000Z',
        toDate: money('62.00 MYR'),
        previousToDate: money('30.00 MYR'),
        change: '1.0667',
        previousMonth: money('30.00 MYR'),
        projection: money('62.00 MYR'),
      },
    });
    // One day and a moment earlier the last purchase has not been made, and the first is one day further off the edge.
    test.clock.set('2026-05-10T01:59:59.999Z');
    const { count, month } = await askInsights(call, userId);
    expect([count, month.toDate.amount, month.previousToDate.amount, month.projection.amount]).toEqual([
      4,
      '40.00',
      '10.00',
      '124.00',
    ]);
  });
});
