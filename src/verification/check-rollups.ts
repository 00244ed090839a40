import type { EntityManager } from '@mikro-orm/core';
import { addUp } from '../rollups/advance.js';
import { ROLLUP_HEAD_ID, Rollup, RollupHead } from '../rollups/rollup.js';
import { keyOf } from '../rollups/sums.js';
import { expectEqual } from './problem.js';

/** Adds up the log again as far as the rollups have come, and compares every sum. */
export async function checkRollups(em: EntityManager): Promise<void> {
  const { position, timeZone } = await em.findOneOrFail(RollupHead, ROLLUP_HEAD_ID);
  const { sums } = await addUp(em, 0, position, timeZone ?? 'UTC');
  const recomputed = new Map(sums.list().map((sum) => [keyOf(sum), sum]));
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
