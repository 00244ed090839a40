import { type EntityManager, LockMode } from '@mikro-orm/core';
import { query } from '../db/dialect.js';
import { Transaction } from '../ledger/transaction.js';
import { User } from '../ledger/user.js';
import type { Command } from './command.js';
import { loadActivities } from './load-activity.js';
import type { Settings } from './settings.js';
import { UserState } from './user-state.js';

type AnyCommand = Command<unknown>;

/** What a batch works on: each user's state, and the instant at which that user's commands are decided. */
export interface LoadedState {
  readonly states: ReadonlyMap<string, UserState>;
  readonly instants: ReadonlyMap<string, Date>;
}

/** Locks the users of a batch in id order. Everything of a user that a command can change is behind this lock. */
export async function lockUsers(
  em: EntityManager,
  commands: readonly AnyCommand[],
): Promise<Map<string, User>> {
  const ids = [...new Set(commands.map((command) => command.userId))];
  const users = await em.find(
    User,
    { id: { $in: ids } },
    { lockMode: LockMode.PESSIMISTIC_WRITE, orderBy: { id: 'asc' } },
  );
  return new Map(users.map((user) => [user.id, user]));
}

/** Loads all that the commands of a batch need, by a number of queries that does not depend on how many there are. */
export async function loadState(
  em: EntityManager,
  commands: readonly AnyCommand[],
  users: ReadonlyMap<string, User>,
  now: Date,
  settings: Settings,
): Promise<LoadedState> {
  const emailKeys = await loadTakenEmails(em, commands);
  const states = new Map<string, UserState>();
  const instants = new Map<string, Date>();
  for (const { userId } of commands) {
    const user = users.get(userId);
    states.set(userId, new UserState(user, emailKeys));
    instants.set(userId, user && user.updatedAt > now ? user.updatedAt : now);
  }
  await loadTransactions(em, commands, states);
  await loadActivities(em, commands, states, instants, settings);
  return { states, instants };
}

async function loadTakenEmails(em: EntityManager, commands: readonly AnyCommand[]): Promise<Set<string>> {
  const wanted = commands.flatMap(({ needs }) => needs.emailKey ?? []);
  if (wanted.length === 0) return new Set();
  const holders = await em.find(
    User,
    { emailKey: { $in: wanted } },
    { fields: ['emailKey'], disableIdentityMap: true },
  );
  return new Set(holders.map((holder) => holder.emailKey));
}

/** The transactions that commands name, those that used the commands' keys, and the purchases of refunds among them. */
async function loadTransactions(
  em: EntityManager,
  commands: readonly AnyCommand[],
  states: ReadonlyMap<string, UserState>,
): Promise<void> {
  const ids = new Set(commands.flatMap(({ needs }) => needs.transactionId ?? []));
  for (const id of await findKeyUses(em, commands)) ids.add(id);
  if (ids.size === 0) return;
  const named = await em.find(Transaction, { id: { $in: [...ids] } });
  const originalIds = named.flatMap(({ originalId }) =>
    originalId && !ids.has(originalId) ? originalId : [],
  );
  const originals = originalIds.length > 0 ? await em.find(Transaction, { id: { $in: originalIds } }) : [];
  for (const transaction of [...named, ...originals]) states.get(transaction.userId)?.remember(transaction);
}

async function findKeyUses(em: EntityManager, commands: readonly AnyCommand[]): Promise<string[]> {
  const values = commands.flatMap(({ userId, needs }) =>
    needs.idempotencyKey ? [userId, needs.idempotencyKey] : [],
  );
  if (values.length === 0) return [];
  const places = Array(values.length / 2)
    .fill('(?, ?)')
    .join(', ');
  const rows = await query<{ id: string }>(
    em,
    `with asked (user_id, used_key) as (values ${places})
     select t.id from asked join transactions t on t.user_id = asked.user_id and t.idempotency_key = asked.used_key
     union all
     select t.id from asked join transactions t on t.user_id = asked.user_id and t.reversal_key = asked.used_key`,
    values,
  );
  return rows.map((row) => row.id);
}
