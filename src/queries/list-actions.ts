import { type EntityManager, raw } from '@mikro-orm/core';
import { Event, type EventRow } from '../events/event.js';

/** Written out, for an index on a part of a table serves only whoever names that part. */
const ACTIONS = raw(`type <> 'TRANSACTION_CREATED'`);

/** What people and backends did besides moving money, newest first: at most `count`, before a position if one is given. */
export function listActions(
  em: EntityManager,
  before: number | undefined,
  count: number,
): Promise<EventRow[]> {
  const position = before === undefined ? {} : { position: { $lt: before } };
  return em.fork().find(
    Event,
    { [ACTIONS]: [], ...position },
    {
      orderBy: { position: 'desc' },
      limit: count,
      disableIdentityMap: true,
    },
  );
}
