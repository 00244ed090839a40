import type { MikroORM } from '@mikro-orm/core';
import DataLoader from 'dataloader';
import { type Principal, sees } from '../access/principal.js';
import { isId } from '../ids.js';
import { Transaction } from '../ledger/transaction.js';
import { isUserId, User } from '../ledger/user.js';
import { gather } from './gather.js';

/**
 * Relations by their key, each read once for all that ask in the same turn. What a principal does not see is not there:
 * every way to a user or a transaction leads through here, or through `scopeToOwn`.
 */
export interface Loaders {
  readonly user: DataLoader<string, User | null>;
  /** Whose a transaction is, which never changes: what a command has to know before it can wait for that user's lock. */
  readonly owner: (transactionId: string) => Promise<string | undefined>;
  readonly transaction: DataLoader<string, Transaction | null>;
  /** The refunds of a purchase, oldest first. */
  readonly refunds: DataLoader<string, readonly Transaction[]>;
}

/** What is read by one query for all requests that ask at about the same time. */
interface SharedReads {
  readonly user: (id: string) => Promise<User | null>;
  readonly owner: (transactionId: string) => Promise<string | undefined>;
}

const sharedReads = new WeakMap<MikroORM, SharedReads>();

function sharedReadsOf(orm: MikroORM): SharedReads {
  let reads = sharedReads.get(orm);
  if (!reads) {
    reads = {
      user: gather(async (ids) => {
        const wanted = [...new Set(ids)].filter(isUserId);
        const users = await orm.em.fork().find(User, { id: { $in: wanted } });
        const byId = new Map(users.map((user) => [user.id, user]));
        return ids.map((id) => byId.get(id) ?? null);
      }),
      owner: gather(async (ids) => {
        const wanted = [...new Set(ids)].filter(isId);
        const found = await orm.em.fork().find(Transaction, { id: { $in: wanted } }, { fields: ['userId'] });
        const byId = new Map(found.map(({ id, userId }) => [id, userId]));
        return ids.map((id) => byId.get(id));
      }),
    };
    sharedReads.set(orm, reads);
  }
  return reads;
}

export function createLoaders(orm: MikroORM, principal: Principal): Loaders {
  const reads = sharedReadsOf(orm);
  return {
    user: new DataLoader((ids) =>
      Promise.all(ids.map((id) => (sees(principal, id) ? reads.user(id) : null))),
    ),
    owner: async (transactionId) => {
      const userId = await reads.owner(transactionId.toLowerCase());
      return userId !== undefined && sees(principal, userId) ? userId : undefined;
    },
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
