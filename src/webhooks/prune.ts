import type { MikroORM } from '@mikro-orm/core';
import { WebhookDelivery } from './delivery.js';

const BATCH = 500;

/** Deletes what was delivered before an instant, in batches that hold no lock for long; what failed stays. */
export async function pruneDeliveries(orm: MikroORM, before: Date): Promise<number> {
  let pruned = 0;
  for (;;) {
    const em = orm.em.fork();
    const old = await em.find(
      WebhookDelivery,
      { deliveredAt: { $lt: before } },
      { fields: ['id'], orderBy: { deliveredAt: 'asc' }, limit: BATCH },
    );
    const ids = old.map(({ id }) => id);
    if (ids.length > 0)
      pruned += await em.nativeDelete(WebhookDelivery, { id: { $in: ids }, deliveredAt: { $lt: before } });
    if (ids.length < BATCH) return pruned;
  }
}
