import type { MikroORM } from '@mikro-orm/core';
import { inTransaction } from '../src/db/transaction.js';
import { appendEvents, type Draft } from '../src/events/append.js';
import { EventLogHead, HEAD_ID } from '../src/events/event.js';
import { writePayload } from '../src/events/payload.js';
import type { TransactionRow } from '../src/ledger/transaction.js';
import { blankTransaction } from '../src/operations/new-transaction.js';
import { RollupJob } from '../src/rollups/job.js';
import { ROLLUP_HEAD_ID, RollupHead } from '../src/rollups/rollup.js';

const PER_SECOND = 2_000;
const BATCHES_PER_SECOND = 20;
const INTERVAL_MS = 1_000;

/** How long after its commit each event is counted, in ms, in ascending order; events come at a steady rate. */
export async function measureLag(orm: MikroORM, seconds: number): Promise<readonly number[]> {
  const faults: unknown[] = [];
  const job = new RollupJob({ orm, intervalMs: INTERVAL_MS, onFault: (error) => faults.push(error) });
  job.start();
  const waiting: Array<{ readonly position: number; readonly committedAt: number }> = [];
  const lags: number[] = [];
  let appending = true;
  const watch = (async () => {
    while (appending || waiting.length > 0) {
      const head = await orm.em.fork().findOneOrFail(RollupHead, ROLLUP_HEAD_ID);
      const now = performance.now();
      while (waiting[0] && waiting[0].position <= head.position) {
        lags.push(now - (waiting.shift() as (typeof waiting)[number]).committedAt);
      }
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  })();
  const begun = performance.now();
  for (let batch = 0; batch < seconds * BATCHES_PER_SECOND; batch += 1) {
    const due = begun + (batch * 1_000) / BATCHES_PER_SECOND;
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, due - performance.now())));
    const position = await append(orm, PER_SECOND / BATCHES_PER_SECOND, batch);
    waiting.push({ position, committedAt: performance.now() });
  }
  appending = false;
  await watch;
  await job.close();
  if (faults[0]) throw faults[0];
  return lags.sort((a, b) => a - b);
}

async function append(orm: MikroORM, count: number, batch: number): Promise<number> {
  const em = orm.em.fork();
  const drafts = Array.from({ length: count }, (_, index) => draftOf(batch * count + index));
  await inTransaction(em, async () => {
    await appendEvents(em, drafts);
    await em.flush();
  });
  return (await orm.em.fork().findOneOrFail(EventLogHead, HEAD_ID)).position;
}

/** The event of a purchase as the server writes it; one of fifty is held. */
function draftOf(number: number): Draft {
  const now = new Date();
  const held = number % 50 === 0;
  const flags = held ? ['HIGH_VELOCITY', 'UNUSUAL_AMOUNT', 'OFF_HOURS'] : [];
  const transaction: TransactionRow = {
    ...blankTransaction(`00000000-0000-7000-9000-${number.toString(16).padStart(12, '0')}`, now),
    userId: 'user-0',
    type: 'PURCHASE',
    status: held ? 'PENDING' : 'COMPLETED',
    amount: 1_000n,
    currency: 'MYR',
    walletAmount: 1_000n,
    walletCurrency: 'MYR',
    baseAmount: 1_000n,
    rate: '1',
    walletRate: '1',
    merchantName: 'Kopi',
    merchantCategory: `category_${number % 12}`,
    fraudScore: held ? 60 : 0,
    fraudFlags: flags,
    fraudHits: flags.map((flag) => ({ flag, points: 20, reason: flag, observed: '7', threshold: '5' })),
    idempotencyKey: `lag-${number}`,
    requestHash: '0'.repeat(64),
  };
  return {
    userId: 'user-0',
    version: number,
    type: 'TRANSACTION_CREATED',
    transactionId: transaction.id,
    occurredAt: now,
    payload: writePayload({
      balance: { currency: 'MYR', posted: 0n, held: 0n, version: number },
      transaction,
    }),
  };
}
