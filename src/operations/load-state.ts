import type { EntityDictionary, EntityManager } from '@mikro-orm/core';
import { dialectOf } from '../db/dialect.js';
import { prepare, runPrepared } from '../db/prepared.js';
import { Transaction } from '../ledger/transaction.js';
import { User } from '../ledger/user.js';
import type { Command } from './command.js';
import { loadActivities } from './load-activity.js';
import { loadUses } from './load-uses.js';
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
  const { isIn, forUpdate } = dialectOf(em);
  const sql = prepare(`select * from users where ${isIn('id', '$1')} order by id ${forUpdate}`);
  const rows = await runPrepared<EntityDictionary<User>>(em, sql, [JSON.stringify(ids)]);
  const users = rows.map((row) => em.map(User, row));
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
  const moving = commands.filter(({ needs }) => needs.likeness || needs.transactionId);
  const movers = new Map(moving.map(({ userId }) => [userId, states.get(userId) as UserState]));
  await loadActivities(em, movers, instants, settings);
  const usedIds = await loadUses(em, commands, states, instants, settings);
  await loadTransactions(em, commands, states, usedIds);
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
  usedIds: readonly string[],
): Promise<void> {
  const ids = new Set([...commands.flatMap(({ needs }) => needs.transactionId ?? []), ...usedIds]);
  if (ids.size === 0) return;
  const named = await findTransactions(em, [...ids]);
  const originals = await findTransactions(
    em,
    named.flatMap(({ originalId }) => (originalId && !ids.has(originalId) ? originalId : [])),
  );
  for (const transaction of [...named, ...originals]) states.get(transaction.userId)?.remember(transaction);
}

async function findTransactions(em: EntityManager, ids: readonly string[]): Promise<Transaction[]> {
  if (ids.length === 0) return [];
  const named = dialectOf(em).recordset('$1', 'named', [['id', 'uuid']]);
  const sql = prepare(`select t.* from ${named} join transactions t on t.id = named.id`);
  const records = JSON.stringify([...new Set(ids)].map((id) => ({ id })));
  const rows = await runPrepared<EntityDictionary<Transaction>>(em, sql, [records]);
  return rows.map((row) => em.map(Transaction, row));
}
