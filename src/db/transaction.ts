import type { EntityManager } from '@mikro-orm/core';
import type { AbstractSqlConnection } from '@mikro-orm/sqlite';

/**
 * Runs `work` in one database transaction of `em` and commits it, or rolls it back when `work` throws. MikroORM's own
 * `begin` keeps the connection for ever when beginning or rolling back fails, as it does when the connection is lost or a
 * SQLite file stays locked; here it is given back however the transaction ends. `work` flushes what is to be written.
 */
export function inTransaction<T>(em: EntityManager, work: () => Promise<T>): Promise<T> {
  const connection = em.getConnection('write') as AbstractSqlConnection;
  return connection
    .getClient()
    .transaction()
    .execute(async (transaction) => {
      em.setTransactionContext(transaction);
      return work();
    })
    .finally(() => em.resetTransactionContext());
}
