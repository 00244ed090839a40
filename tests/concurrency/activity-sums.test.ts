import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { loadConfig } from '../../src/config.js';
import { query } from '../../src/db/dialect.js';
import { ActivitySums } from '../../src/ledger/activity.js';
import { type Calls, callsOf, type Told } from '../support/api.js';
import { type Beside, startApp, type TestApp } from '../support/app.js';
import { databases } from '../support/databases.js';
import { seededRandom } from '../support/processes.js';
import { audit } from './audit.js';

const SEED = 20;
const STEPS = 120;
const HOUR_MS = 3_600_000;

describe.each(databases)('the sums of recent activity on $name', (kind) => {
  let test: TestApp;
  let other: Beside;
  beforeAll(async () => {
    // From 20 points on a transaction is held, so that many are reviewed.
    const held = { FRAUD_SCORE_MONITOR_THRESHOLD: '5', FRAUD_SCORE_REVIEW_THRESHOLD: '20' };
    test = await startApp(kind, held);
    const { settings } = loadConfig({
      ...held,
      FRAUD_UNUSUAL_AMOUNT_WINDOW_DAYS: '7',
      FRAUD_SUSPICIOUS_VELOCITY_THRESHOLD: '14',
    });
    other = await test.startBeside({ settings });
  });
  afterAll(() => test.close());

  it('agree with the transactions after every step of months, on servers whose windows differ', async () => {
    const random = seededRandom(SEED);
    const pick = <T>(values: readonly T[]): T => values[Math.floor(random() * values.length)] as T;
    const first = callsOf(test);
    const second = callsOf({ ...test, graphql: other.graphql });
    const userId = await first.newUser({ funds: '10000.00', timeZone: 'Asia/Kuala_Lumpur' });
    const made: string[] = [];
    const steps: Readonly<Record<string, (call: Calls) => Promise<Told>>> = {
      purchase: (call) => call.purchase(userId, `${1 + Math.floor(random() * 50)}.00 MYR`),
      purchaseOfMuch: (call) => call.purchase(userId, '900.00 MYR'),
      withdraw: (call) => call.withdraw(userId, '3.00 MYR'),
      topUp: (call) => call.topUp(userId, '40.00 MYR'),
      refund: (call) => call.refund(pick(made)),
      reverse: (call) => call.reverse(pick(made)),
      approve: (call) => call.review(pick(made), 'APPROVE'),
      reject: (call) => call.review(pick(made), 'REJECT'),
    };
    const names = Object.keys(steps);
    for (let step = 0; step < STEPS; step += 1) {
      // Mostly minutes and hours, now and then weeks, so that days begin and windows pass over what was made.
      test.clock.advance(Math.floor(random() ** 6 * 600 * HOUR_MS));
      const name = made.length === 0 ? 'purchase' : pick(names);
      const told = await (steps[name] as (call: Calls) => Promise<Told>)(pick([first, second]));
      if (told.transaction && !made.includes(told.transaction.id)) made.push(told.transaction.id);
      expect([step, name, await audit(test.orm)]).toEqual([step, name, []]);
    }
    const statuses = await query(
      test.orm.em.fork(),
      'select distinct status from transactions order by status',
      [],
    );
    expect(statuses.map(({ status }: Told) => status)).toEqual([
      'COMPLETED',
      'FAILED',
      'PENDING',
      'REVERSED',
    ]);
  });

  it('are made by the next command of a user who has none', async () => {
    // At noon, when nothing is held.
    test.clock.set('2030-03-10T04:00:00.000Z');
    const call = callsOf(test);
    const userId = await call.newUser({ funds: '100.00' });
    await call.purchase(userId, '10.00 MYR');
    const em = test.orm.em.fork();
    const before = await em.findOneOrFail(ActivitySums, userId, { disableIdentityMap: true });
    expect(before).toMatchObject({ debitCount: 1n, debitTotal: 1000n, creditCount: 1n, newestCount: 2 });
    await em.nativeDelete(ActivitySums, { userId });
    await call.purchase(userId, '20.00 MYR');
    const after = await em.findOneOrFail(ActivitySums, userId, { disableIdentityMap: true });
    expect(after).toMatchObject({ debitCount: 2n, debitTotal: 3000n, creditCount: 1n, newestCount: 3 });
    expect(await audit(test.orm)).toEqual([]);
  });
});
