import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Calls, callsOf, type Told, webSocketClient } from '../support/api.js';
import { startApp, type TestApp } from '../support/app.js';
import { databases } from '../support/databases.js';
import { allRows, FRAUD_FIGURES } from '../support/fleet.js';
import { referenceFraud } from '../support/reference-fleet.js';

const FRAUD = `subscription ($days: Int, $currency: CurrencyCode) {
  fraudStatisticsUpdated(days: $days, currency: $currency) { from to ${FRAUD_FIGURES} } }`;
const SPENDING = `subscription ($userId: ID!, $currency: CurrencyCode) {
  spendingUpdated(userId: $userId, currency: $currency) {
    userId from to asOf total { amount currency } count refunded { amount } } }`;

describe.each(databases)('live figures on $name', (kind) => {
  let test: TestApp;
  let calls: Calls;
  beforeAll(async () => {
    test = await startApp(kind, {
      FRAUD_HIGH_VALUE_THRESHOLD: '5000',
      FRAUD_HIGH_VALUE_POINTS: '60',
      FRAUD_VELOCITY_POINTS: '0',
      FRAUD_SUSPICIOUS_VELOCITY_POINTS: '0',
    });
    calls = callsOf(test);
  });
  afterAll(() => test.close());

  async function* follow(query: string, variables: Record<string, unknown>) {
    const client = webSocketClient(test);
    try {
      for await (const { data, errors } of client.iterate<Record<string, Told>>({ query, variables })) {
        if (errors) throw new Error(JSON.stringify(errors));
        yield Object.values(data ?? {})[0];
      }
    } finally {
      await client.dispose();
    }
  }

  it("tell a user's month as it is, then once in a while of a burst, and at last all of it", async () => {
    const userId = await calls.newUser({ funds: '1000.00', timeZone: 'America/New_York' });
    const bought = await calls.purchase(userId, '7.00 MYR');
    const stream = follow(SPENDING, { userId });
    const { value: first } = await stream.next();
    expect(first).toEqual({
      userId,
      from: '2026-03-01T05:00:00.000Z',
      to: '2026-04-01T04:00:00.000Z',
      asOf: test.clock.now().toISOString(),
      total: { amount: '7.00', currency: 'MYR' },
      count: 1,
      refunded: { amount: '0.00' },
    });
    const begun = performance.now();
    await Promise.all(Array.from({ length: 50 }, () => calls.purchase(userId, '1.00 MYR')));
    await calls.refund(bought.transaction.id, '2.00 MYR');
    let pushes = 0;
    for await (const told of stream) {
      pushes += 1;
      if (told.refunded.amount !== '2.00') continue;
      expect(told).toMatchObject({ total: { amount: '55.00' }, count: 51 });
      break;
    }
    expect(pushes).toBeLessThanOrEqual(2 + (performance.now() - begun) / 1_000);
  });

  it('tell fraud statistics of whole days, held money included', async () => {
    const userId = await calls.newUser({ funds: '2000.00' });
    test.clock.advance(86_400_000);
    const stream = follow(FRAUD, { days: 2, currency: 'USD' });
    const { value: first } = await stream.next();
    const range = { from: '2026-03-09T16:00:00.000Z', to: '2026-03-11T16:00:00.000Z' };
    const expected = async () => ({
      ...range,
      ...referenceFraud(await allRows(test), {
        from: new Date(range.from),
        to: new Date(range.to),
        granularity: 'DAY',
        currency: 'USD',
        timeZone: 'Asia/Kuala_Lumpur',
        now: test.clock.now(),
      }),
    });
    expect(first).toEqual(await expected());
    const { transaction } = await calls.topUp(userId, '6000.00 MYR');
    expect(transaction.status).toBe('PENDING');
    await calls.review(transaction.id, 'REJECT');
    for await (const told of stream) {
      if (told.rejected === 0) continue;
      expect(told).toEqual(await expected());
      expect(told.confirmedFraudPrevented).toEqual({ amount: '1276.60', currency: 'USD' });
      break;
    }
  });

  it.each([
    ['an unknown user', SPENDING, { userId: 'nobody' }, 'USER_NOT_FOUND'],
    ['a currency without a rate', FRAUD, { currency: 'EUR' }, 'UNSUPPORTED_CURRENCY'],
    ['no day at all', FRAUD, { days: 0 }, 'BAD_USER_INPUT'],
    ['too many days', FRAUD, { days: 732 }, 'BAD_USER_INPUT'],
  ])('are refused of %s', async (_what, query, variables, code) => {
    const refused = follow(query, variables).next();
    await expect(refused).rejects.toThrow(`"code":"${code}"`);
  });
});
