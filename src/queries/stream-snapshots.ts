import type { EntityManager } from '@mikro-orm/core';
import { query } from '../db/dialect.js';
import type { Place } from '../events/cursor.js';
import { Event } from '../events/event.js';
import type { Snapshot } from '../events/event-stream.js';
import { type BalanceRecord, getBalance, readPayload } from '../events/payload.js';

interface BalanceRow {
  readonly currency: string;
  readonly posted: string | number;
  readonly held: string | number;
  readonly version: number;
  readonly position: string | number;
  readonly hash: string;
}

/** A wallet and the place in the log up to which it counts, both as of one instant: one statement sees one state. */
export async function loadSnapshot(em: EntityManager, userId: string): Promise<Snapshot> {
  const [row] = await query<BalanceRow>(
    em.fork(),
    `select u.currency, u.posted, u.held, u.version, h.position, h.hash
     from users u cross join event_log_head h where u.id = ?`,
    [userId],
  );
  if (!row) throw new Error(`user ${userId} is gone`);
  const { currency, posted, held, version, position, hash } = row;
  return {
    balance: { currency, posted: BigInt(posted), held: BigInt(held), version },
    place: { position: Number(position), hash },
  };
}

/** A wallet as it was at a place in the log. */
export async function loadBalanceAtPlace(
  em: EntityManager,
  userId: string,
  place: Place,
): Promise<BalanceRecord> {
  const event = await em
    .fork()
    .findOneOrFail(Event, { userId, position: { $lte: place.position } }, { orderBy: { position: 'desc' } });
  return getBalance(readPayload(event.payload));
}
