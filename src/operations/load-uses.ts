import type { EntityManager } from '@mikro-orm/core';
import { type Dialect, dialectOf } from '../db/dialect.js';
import { prepare, runPrepared } from '../db/prepared.js';
import { reachOf } from '../fraud/assess.js';
import type { Command } from './command.js';
import type { Settings } from './settings.js';
import { likenessKey, type UserState } from './user-state.js';

interface UseRow {
  readonly place: number;
  /** The transaction that the key made, and the one that it reversed. */
  readonly made_id: string | null;
  readonly reversed_id: string | null;
  /** When the newest transaction like the asked one was made, within the reach of the duplicate rule. */
  readonly same_at: string | number | null;
}

/**
 * Looks up where the keys of a batch's commands were used, and notes when the newest transaction like each was made: one
 * query for all of them. Returns the ids of the transactions that the keys belong to.
 */
export async function loadUses(
  em: EntityManager,
  commands: ReadonlyArray<Command<unknown>>,
  states: ReadonlyMap<string, UserState>,
  instants: ReadonlyMap<string, Date>,
  settings: Settings,
): Promise<string[]> {
  const dialect = dialectOf(em);
  const { sameSeconds } = reachOf(settings.fraud);
  const records = commands.flatMap(({ userId, needs: { idempotencyKey, likeness } }, place) => {
    if (!idempotencyKey) return [];
    const since = new Date((instants.get(userId) as Date).getTime() - sameSeconds * 1000);
    return {
      place,
      user_id: userId,
      used_key: idempotencyKey,
      since: dialect.instant(since),
      type: likeness?.type,
      amount: likeness?.amount.toString(),
      currency: likeness?.currency,
      merchant: likeness?.merchantName ?? '',
    };
  });
  if (records.length === 0) return [];
  const rows = await runPrepared<UseRow>(em, usesSql(dialect), [JSON.stringify(records)]);
  for (const { place, same_at } of rows) {
    const { userId, needs } = commands[place] as Command<unknown>;
    if (same_at === null || !needs.likeness) continue;
    (states.get(userId) as UserState).getActivity().sameAt.set(likenessKey(needs.likeness), Number(same_at));
  }
  return rows.flatMap(({ made_id, reversed_id }) => [made_id, reversed_id].filter((id) => id !== null));
}

/** Each look-up is of an index's newest entries, so that it costs the same however much there is. */
function usesSql({ millis, recordset }: Dialect): string {
  const asked = recordset('$1', 'asked', [
    ['place', 'int'],
    ['user_id', 'text'],
    ['used_key', 'text'],
    ['since', 'timestamptz'],
    ['type', 'text'],
    ['amount', 'bigint'],
    ['currency', 'text'],
    ['merchant', 'text'],
  ]);
  return prepare(`
    select asked.place,
      (select t.id from transactions t
        where t.user_id = asked.user_id and t.idempotency_key = asked.used_key) as made_id,
      (select t.id from transactions t
        where t.user_id = asked.user_id and t.reversal_key = asked.used_key) as reversed_id,
      (select ${millis('t.created_at')} from transactions t
        where t.user_id = asked.user_id and t.amount = asked.amount and t.created_at > asked.since
          and t.type = asked.type and t.currency = asked.currency and coalesce(t.merchant_name, '') = asked.merchant
        order by t.created_at desc limit 1) as same_at
    from ${asked}`);
}
