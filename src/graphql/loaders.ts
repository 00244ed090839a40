import type { MikroORM } from '@mikro-orm/core';
import DataLoader from 'dataloader';
import { type Principal, sees } from '../access/principal.js';
import { Transaction } from '../ledger/transaction.js';
import { isUserId, User } from '../ledger/user.js';

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

export function createLoaders(orm: MikroORM, principal: Principal): Loaders {
  return {
    user: new DataLoader(async (ids) => {
      const users = await orm.em
        .fork()
        .find(User, { id: { $in: ids.filter((id) => isUserId(id) && sees(principal, id)) } });
      const byId = new Map(users.map((user) => [user.id, user]));
      return ids.map((id) => byId.get(id) ?? null);
    }),
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
