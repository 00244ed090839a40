import { type EntityManager, LockMode, type MikroORM } from '@mikro-orm/core';
import { inTransaction } from '../db/transaction.js';
import { ROLLUP_HEAD_ID, Rollup, RollupHead } from './rollup.js';

/**
 * Makes the rollups those of `timeZone`. When they were made for another one, they are emptied and made again from the
 * log. Servers use the time zone that the database says, so that one that was started with another stays right.
 */
export async function bindTimeZone(orm: MikroORM, timeZone: string): Promise<void> {
  const em = orm.em.fork();
  await inTransaction(em, async () => {
    const head = await em.findOneOrFail(RollupHead, ROLLUP_HEAD_ID, { lockMode: LockMode.PESSIMISTIC_WRITE });
    if (head.timeZone === timeZone) return;
    await em.nativeDelete(Rollup, {});
    head.position = 0;
    head.timeZone = timeZone;
    await em.flush();
  });
}

/** The time zone whose days the rollups are. */
export async function reportingTimeZone(em: EntityManager): Promise<string> {
  const head = await em.findOneOrFail(RollupHead, ROLLUP_HEAD_ID, { disableIdentityMap: true });
  return head.timeZone as string;
}
