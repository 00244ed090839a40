import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { advance } from '../../src/rollups/advance.js';
import { verify } from '../../src/verification/verify.js';
import { type Calls, callsOf, type Told } from '../support/api.js';
import { FakeClock, startApp, type TestApp } from '../support/app.js';
import { databases } from '../support/databases.js';
import { allRows, aStep, ask, CURRENCIES, carryOut, makeUsers } from '../support/fleet.js';
import { type Question, referenceFleet, referenceFraud } from '../support/reference-fleet.js';

const TIME_ZONE = 'America/New_York';
/** A few days before clocks go forward there. */
const BEGINNING = '2026-03-05T15:00:00.000Z';
const DAY_MS = 86_400_000;

describe.each(databases)('fleet and fraud figures on $name', (kind) => {
  let test: TestApp;
  let calls: Calls;
  let users: string[];
  beforeAll(async () => {
    test = await startApp(
      kind,
      {
        REPORTING_TIME_ZONE: TIME_ZONE,
        // Rollups move only when the test moves them.
        ROLLUP_INTERVAL: '600000',
        FRAUD_HIGH_VALUE_THRESHOLD: '300',
        FRAUD_HIGH_VALUE_POINTS: '60',
      },
      new FakeClock(BEGINNING),
    );
    calls = callsOf(test);
    users = await makeUsers(calls);
  });
  afterAll(() => test.close());

  async function expectAnswers(questions: readonly Question[], expected: readonly unknown[]): Promise<void> {
    for (const [index, question] of questions.entries()) {
      expect(await ask(calls, question)).toEqual(expected[index]);
    }
  }

  const aQuestion = fc.record({
    granularity: fc.constantFrom('DAY' as const, 'WEEK' as const, 'MONTH' as const),
    currency: fc.constantFrom(...CURRENCIES),
    fromShare: fc.double({ min: 0, max: 0.9, noNaN: true }),
    length: fc.double({ min: 0.01, max: 1, noNaN: true }),
  });
  const aHistory = fc.record({
    steps: fc.array(aStep, { minLength: 15, maxLength: 40 }),
    questions: fc.array(aQuestion, { minLength: 2, maxLength: 2 }),
    batch: fc.integer({ min: 1, max: 15 }),
  });

  /** What random steps may never come to: a purchase that is reversed, a refund that is, one that stands, and a failure. */
  const makeOneOfEach = async () => {
    const user = users[0] as string;
    await calls.topUp(user, '50.00 MYR');
    const idOf = (payload: Told): string => payload.transaction.id;
    await calls.reverse(idOf(await calls.purchase(user, '2.00 MYR')));
    const bought = idOf(await calls.purchase(user, '3.00 MYR'));
    await calls.reverse(idOf(await calls.refund(bought, '1.00 MYR')));
    await calls.refund(bought, '1.00 MYR');
    await calls.purchase(user, '9000.00 MYR');
  };

  it('are those of a plain computation from all rows, however far the rollups have come', async () => {
    await makeOneOfEach();
    await fc.assert(
      fc.asyncProperty(aHistory, async ({ steps, questions, batch }) => {
        for (const step of steps) await carryOut(test, calls, users, step);
        const now = test.clock.now();
        const begun = Date.parse(BEGINNING) - DAY_MS;
        const whole = now.getTime() + DAY_MS - begun;
        const asked: Question[] = questions.map(({ granularity, currency, fromShare, length }) => {
          const from = Math.floor(begun + whole * fromShare);
          const to = Math.min(begun + whole, from + Math.ceil(whole * length));
          return { granularity, currency, timeZone: TIME_ZONE, now, from: new Date(from), to: new Date(to) };
        });
        const rows = await allRows(test);
        const expected = asked.map((question) => ({
          fraudStatistics: referenceFraud(rows, question),
          fleetSpending: referenceFleet(rows, question),
        }));
        await expectAnswers(asked, expected);
        // Midway, and then caught up.
        await advance(test.orm, batch);
        await expectAnswers(asked, expected);
        while ((await advance(test.orm, 15)) === 'more');
        await expectAnswers(asked, expected);
        expect((await verify(test.orm)).problem).toBeUndefined();
      }),
      { numRuns: 6, endOnFailure: true },
    );
    const rows = await allRows(test);
    const met = new Set(rows.map(({ type, status }) => `${type} ${status}`));
    for (const one of ['PURCHASE REVERSED', 'REFUND REVERSED', 'REFUND COMPLETED', 'PURCHASE FAILED']) {
      expect([...met]).toContain(one);
    }
    expect(rows.filter(({ reviewDecision }) => reviewDecision !== null).length).toBeGreaterThan(5);
  });
});
