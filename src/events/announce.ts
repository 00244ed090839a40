import type { EntityManager, MikroORM } from '@mikro-orm/core';
import type { PostgreSqlConnection } from '@mikro-orm/postgresql';
import type { PoolClient } from 'pg';
import { dialectOf, query } from '../db/dialect.js';
import type { EventRow } from './event.js';

const CHANNEL = 'dompet_events';
const RECONNECT_DELAY_MS = 1_000;

/** Wakes the other servers' tails when the transaction commits. SQLite has one server; its poll serves any other. */
export async function announceEvents(em: EntityManager, events: readonly EventRow[]): Promise<void> {
  if (events.length > 0 && dialectOf(em).name === 'postgresql') await query(em, `notify ${CHANNEL}`, []);
}

/**
 * Listens for other servers' announcements on a connection of its own, and takes a new one when that is lost: what was
 * announced meanwhile is found by reading, so the first thing after connecting is a wake-up.
 */
export async function listenForEvents(
  orm: MikroORM,
  wake: () => void,
  onFault: (error: unknown) => void,
): Promise<() => Promise<void>> {
  if (dialectOf(orm.em).name !== 'postgresql') return async () => undefined;
  const pool = await (orm.em.getConnection() as PostgreSqlConnection).getNativeClient();
  let client: PoolClient | undefined;
  let retry: NodeJS.Timeout | undefined;
  let closed = false;

  const connect = async () => {
    const connected = await pool.connect();
    connected.on('notification', wake);
    connected.on('error', lost);
    await connected.query(`listen ${CHANNEL}`);
    client = connected;
    wake();
  };
  const lost = (error: unknown) => {
    client?.release(true);
    client = undefined;
    if (closed) return;
    onFault(error);
    retry = setTimeout(() => void connect().catch(lost), RECONNECT_DELAY_MS);
  };
  await connect();
  return async () => {
    closed = true;
    clearTimeout(retry);
    client?.release(true);
  };
}
