import type { MikroORM } from '@mikro-orm/core';
import DataLoader from 'dataloader';
import { type Principal, sees } from '../access/principal.js';
import { Transaction } from '../ledger/transaction.js';
import { isUserId, User } from '../ledger/user.js';
import { gather } from './gather.js';

/**
 * Relations by their key, each read once for all that ask in the same turn. What a principal does not see is not there:
 * every way to a user or a transaction leads through here, or through `scopeToOwn`.
 */
export interface Loaders {
  readonly user: DataLoader<string, User | null>;
  readonly transaction: DataLoader<string, Transaction | null>;
  /** The refunds of a purchase, oldest first. */
  readonly refunds: DataLoader<string, readonly Transaction[]>;
}

type ReadUser = (id: string) => Promise<User | null>;

/** For each database how its users are read: by one query for all requests that ask at about the same time. */
const userReads = new WeakMap<MikroORM, ReadUser>();

function userReadOf(orm: MikroORM): ReadUser {
  let read = userReads.get(orm);
  if (!read) {
    read = gather(async (ids) => {
      const wanted = [...new Set(ids)].filter(isUserId);
      const users = await orm.em.fork().find(User, { id: { $in: wanted } });
      const byId = new Map(users.map((user) => [user.id, user]));
      return ids.map((id) => byId.get(id) ?? null);
    });
    userReads.set(orm, read);
  }
  return read;
}

export function createLoaders(orm: MikroORM, principal: Principal): Loaders {
  const readUser = userReadOf(orm);
  return {
    user: new DataLoader((ids) => Promise.all(ids.map((id) => (sees(principal, id) ? readUser(id) : null)))),
    transaction: new DataLoader(async (ids) => {
      const transactions = await orm.em.fork().find(Transaction, { id: { $in: [...ids] } });
      const seen = transactions.filter(({ userId }) => sees(principal, userId));
      const byId = new Map(seen.map((transaction) => [transaction.id, transaction]));
      return ids.map((id) => byId.get(id) ?? null);
    }),
    refunds: new DataLoader(async (ids) => {
      const refunds = await orm.em
        .fork()
        .find(Transaction, { originalId: { $in: [...ids] } }, { orderBy: { createdAt: 'asc', id: 'asc' } });
      const byOriginal = Map.groupBy(refunds, (refund) => refund.originalId);
      return ids.map((id) => byOriginal.get(id) ?? []);
    }),
  };
}
