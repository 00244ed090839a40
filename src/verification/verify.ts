import type { MikroORM } from '@mikro-orm/core';
import { inTransaction } from '../db/transaction.js';
import { checkActivity } from './check-activity.js';
import { checkLedger } from './check-ledger.js';
import { checkLog } from './check-log.js';
import { checkRollups } from './check-rollups.js';
import { Problem } from './problem.js';

export interface Verdict {
  /** What is wrong with the first wrong record; absent when nothing is. */
  readonly problem?: string;
  readonly summary: string;
}

/**
 * Recomputes everything from postings and events: balances, holds, refund caps, versions, gapless positions, the hash
 * chain, recent activity and the rollups. It reads one snapshot, so that a server may go on working meanwhile.
 */
export async function verify(orm: MikroORM): Promise<Verdict> {
  const em = orm.em.fork();
  const check = async (): Promise<Verdict> => {
    const logged = await checkLog(em);
    const transactions = await checkLedger(em, logged);
    await checkActivity(em);
    await checkRollups(em);
    return {
      summary: `All is well: ${logged.size} users, ${transactions} transactions, one unbroken event log.`,
    };
  };
  try {
    return await inTransaction(em, check, { snapshot: true });
  } catch (error) {
    if (error instanceof Problem) return { problem: error.message, summary: 'Something is wrong.' };
    throw error;
  }
}
