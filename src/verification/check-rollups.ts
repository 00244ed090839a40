import type { EntityManager } from '@mikro-orm/core';
import { Event } from '../events/event.js';
import { contributionsOfEvents } from '../rollups/advance.js';
import { createDayOf } from '../rollups/day-calendar.js';
import { ROLLUP_HEAD_ID, Rollup, RollupHead } from '../rollups/rollup.js';
import { keyOf, Sums } from '../rollups/sums.js';
import { expectEqual } from './problem.js';

const PAGE = 1_000;

/** Adds up the log again as far as the rollups have come, and compares every sum. */
export async function checkRollups(em: EntityManager): Promise<void> {
  const { position, timeZone } = await em.findOneOrFail(RollupHead, ROLLUP_HEAD_ID);
  const recomputed = new Map(
    timeZone === null ? [] : (await sumUpTo(em, position, timeZone)).map((sum) => [keyOf(sum), sum] as const),
  );
  for (const rollup of await em.find(Rollup, {}, { disableIdentityMap: true })) {
    const key = keyOf(rollup);
    const { count, amount } = recomputed.get(key) ?? { count: 0n, amount: 0n };
    expectEqual(rollup.count, count, `The count of the rollup ${key}`);
    expectEqual(rollup.amount, amount, `The amount of the rollup ${key}`);
    recomputed.delete(key);
  }
  const [missing] = recomputed.keys();
  expectEqual(missing, undefined, 'The first missing rollup');
}

async function sumUpTo(em: EntityManager, position: number, timeZone: string) {
  const sums = new Sums();
  const dayOf = createDayOf(timeZone);
  for (let after = 0; after < position; after += PAGE) {
    const events = await em.find(
      Event,
      { position: { $gt: after, $lte: Math.min(after + PAGE, position) } },
      { orderBy: { position: 'asc' }, disableIdentityMap: true },
    );
    sums.add(await contributionsOfEvents(em, events, dayOf));
  }
  return sums.list();
}
