import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type Calls, callsOf } from '../support/api.js';
import { startApp, type TestApp } from '../support/app.js';
import { databases } from '../support/databases.js';
import { idOf } from '../support/ledger.js';
import { referenceInsights, referenceSpending } from '../support/reference-spending.js';
import { askInsights, askSpending, insertRows, rowsOf } from '../support/spending.js';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** Clocks of each change near this instant, of the first by half an hour. */
const changes = [
  ['Australia/Lord_Howe', '2026-04-04T15:00:00Z'],
  ['Australia/Lord_Howe', '2026-10-03T15:30:00Z'],
  ['America/New_York', '2026-03-08T07:00:00Z'],
  ['America/New_York', '2026-11-01T06:00:00Z'],
  ['Asia/Kuala_Lumpur', '2026-12-31T16:00:00Z'],
  ['Africa/Cairo', '2026-04-23T22:00:00Z'],
] as const;

const currencies = fc.constantFrom('MYR', 'SGD', 'USD');
const granularities = fc.constantFrom('DAY' as const, 'WEEK' as const, 'MONTH' as const);
const merchants = fc.constantFrom(
  ['Kopi', 'food'],
  ['Kopi', 'groceries'],
  ['Teh', 'food'],
  ['Kedai Buku', 'books'],
  ['Grab', 'transport'],
);

/** Instants near a change of clocks, many of them on full hours, and some up to three months before. */
const offsets = fc.oneof(
  fc.integer({ min: -50, max: 50 }).map((halves) => (halves * HOUR) / 2),
  fc.integer({ min: -3 * DAY, max: 3 * DAY }),
  fc.integer({ min: -100 * DAY, max: 10 * DAY }),
);

const rows = fc.array(
  fc.record({
    offset: offsets,
    type: fc.constantFrom(
      'PURCHASE' as const,
      'PURCHASE' as const,
      'REFUND' as const,
      'TOP_UP' as const,
      'WITHDRAWAL' as const,
    ),
    status: fc.constantFrom(
      'COMPLETED' as const,
      'COMPLETED' as const,
      'COMPLETED' as const,
      'PENDING' as const,
      'FAILED' as const,
      'REVERSED' as const,
    ),
    minor: fc.oneof(fc.bigInt(1n, 20n), fc.bigInt(1n, 5_000_000n)),
    merchant: merchants,
    original: fc.nat(),
  }),
  { maxLength: 60 },
);

const steps = fc.array(
  fc.record({
    act: fc.constantFrom('buy', 'buy', 'buy', 'refund', 'refund', 'reverse', 'approve', 'reject', 'withdraw'),
    amount: fc.oneof(fc.integer({ min: 1, max: 30_000 }), fc.integer({ min: 50_001, max: 60_000 })),
    currency: currencies,
    merchant: merchants,
    target: fc.nat(),
    hours: fc.integer({ min: 0, max: 40 }),
  }),
  { minLength: 5, maxLength: 30 },
);

describe.each(databases)('spending of random histories on $name', (kind) => {
  let test: TestApp;
  let call: Calls;
  beforeAll(async () => {
    // What is worth more than 500 MYR is held, and nothing else is.
    test = await startApp(kind, {
      FRAUD_VELOCITY_POINTS: '0',
      FRAUD_SUSPICIOUS_VELOCITY_POINTS: '0',
      FRAUD_UNUSUAL_AMOUNT_POINTS: '0',
      FRAUD_OFF_HOURS_POINTS: '0',
      FRAUD_HIGH_VALUE_THRESHOLD: '500',
      FRAUD_HIGH_VALUE_POINTS: '60',
    });
    call = callsOf(test);
  });
  afterAll(() => test.close());

  interface View {
    readonly userId: string;
    readonly timeZone: string;
    readonly wallet: string;
    readonly currency: string;
    readonly granularity: 'DAY' | 'WEEK' | 'MONTH';
    readonly from: number;
    readonly to: number;
    readonly now: number;
  }

  const isAnsweredAsByReference = async (view: View) => {
    const { userId, timeZone, wallet, currency, granularity } = view;
    const [from, to, asOf] = [new Date(view.from), new Date(view.to), new Date(view.now)];
    test.clock.set(asOf.toISOString());
    const raw = await rowsOf(test, userId);
    const period = { userId, from: from.toISOString(), to: to.toISOString(), granularity, currency };
    expect(await askSpending(call, period)).toEqual(
      referenceSpending({ rows: raw, timeZone, currency, from, to, granularity }),
    );
    expect(await askInsights(call, userId)).toEqual(referenceInsights(raw, timeZone, wallet, asOf));
  };

  it('is what the reference says of rows of every kind, around changes of clocks', async () => {
    let id = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...changes),
        currencies,
        currencies,
        granularities,
        rows,
        fc.integer({ min: -5 * DAY, max: 2 * DAY }),
        fc.integer({ min: 1, max: 40 * DAY }),
        fc.integer({ min: -10 * DAY, max: 40 * DAY }),
        async ([timeZone, change], wallet, currency, granularity, made, start, length, later) => {
          const at = Date.parse(change);
          const userId = await call.newUser({ timeZone, currency: wallet });
          const purchases: string[] = [];
          const own = made.map(
            ({
              offset,
              type,
              status,
              minor,
              merchant: [merchantName = '', merchantCategory = ''],
              original,
            }) => {
              id += 1;
              const row = {
                id: idOf(id),
                type,
                status,
                merchantName,
                merchantCategory,
                createdAt: new Date(at + offset),
              };
              const originalId =
                type === 'REFUND' ? (purchases[original % purchases.length] ?? idOf(1)) : null;
              if (type === 'PURCHASE') purchases.push(row.id);
              return { ...row, originalId, baseAmount: type === 'REFUND' ? -minor : minor };
            },
          );
          // A refund needs a purchase before it.
          await insertRows(
            test,
            userId,
            own.filter(
              ({ type, originalId }) => type !== 'REFUND' || purchases.includes(originalId as string),
            ),
          );
          await isAnsweredAsByReference({
            userId,
            timeZone,
            wallet,
            currency,
            granularity,
            from: at + start,
            to: at + start + length,
            now: at + later,
          });
        },
      ),
      { numRuns: 60, seed: 5 },
    );
  });

  it('is what the reference says of what the commands left', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...changes),
        currencies,
        currencies,
        granularities,
        steps,
        async ([timeZone, change], wallet, currency, granularity, acts) => {
          const begin = Date.parse(change) - 5 * DAY;
          let now = begin;
          test.clock.set(new Date(now).toISOString());
          const userId = await call.newUser({ timeZone, currency: wallet });
          for (let count = 0; count < 8; count += 1) await call.topUp(userId, '400.00 MYR');
          const made: string[] = [];
          for (const {
            act,
            amount,
            currency: paid,
            merchant: [merchantName, merchantCategory],
            target,
            hours,
          } of acts) {
            now += hours * HOUR;
            test.clock.set(new Date(now).toISOString());
            const text = `${Math.floor(amount / 100)}.${String(amount % 100).padStart(2, '0')} ${paid}`;
            const one = made[target % made.length];
            const more = { merchantName, merchantCategory };
            if (act === 'buy') made.push((await call.purchase(userId, text, more)).transaction?.id);
            else if (act === 'withdraw') await call.withdraw(userId, text);
            else if (!one) continue;
            else if (act === 'refund') {
              const { transaction } = await call.refund(
                one,
                target % 3 === 0 ? undefined : text.replace(/^\d+/, '0'),
              );
              if (transaction) made.push(transaction.id);
            } else if (act === 'reverse') await call.reverse(one);
            else await call.review(one, act === 'approve' ? 'APPROVE' : 'REJECT');
          }
          await isAnsweredAsByReference({
            userId,
            timeZone,
            wallet,
            currency,
            granularity,
            from: begin + DAY,
            to: Math.max(now + 1, begin + 2 * DAY),
            now,
          });
        },
      ),
      { numRuns: 25, seed: 7 },
    );
  });
});
