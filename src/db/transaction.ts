import type { EntityManager } from '@mikro-orm/core';
import type { AbstractSqlConnection } from '@mikro-orm/sqlite';
import { dialectOf } from './dialect.js';

/**
 * Runs `work` in one database transaction of `em` and commits it, or rolls it back when `work` throws. MikroORM's own
 * `begin` keeps the connection for ever when beginning or rolling back fails, as it does when the connection is lost or a
 * SQLite file stays locked; here it is given back however the transaction ends. `work` flushes what is to be written.
 * With `snapshot`, all that it reads is of one instant, as every transaction of SQLite is anyway.
 */
export async function inTransaction<T>(
  em: EntityManager,
  work: () => Promise<T>,
  { snapshot = false }: { readonly snapshot?: boolean } = {},
): Promise<T> {
  const connection = em.getConnection('write') as AbstractSqlConnection;
  // The first use of a connection sets it up, which on SQLite would wait for the transaction that waits for it.
  await connection.ensureConnection();
  const builder = connection.getClient().transaction();
  const isolated = snapshot && dialectOf(em).name === 'postgresql';
  try {
    return await (isolated ? builder.setIsolationLevel('repeatable read') : builder).execute(
      (transaction) => {
        em.setTransactionContext(transaction);
        return work();
      },
    );
  } finally {
    em.resetTransactionContext();
  }
}
