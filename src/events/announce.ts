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
    client = connected;
    if (closed) return drop();
    connected.on('notification', wake);
    connected.on('error', (error) => client === connected && lost(error));
    await connected.query(`listen ${CHANNEL}`);
    wake();
  };
  const drop = () => {
    client?.release(true);
    client = undefined;
  };
  // A connection that is lost while it subscribes tells so twice: there is one new attempt all the same.
  const lost = (error: unknown) => {
    drop();
    if (closed || retry) return;
    onFault(error);
    retry = setTimeout(() => {
      retry = undefined;
      connect().catch(lost);
    }, RECONNECT_DELAY_MS);
  };
  const close = async () => {
    closed = true;
    clearTimeout(retry);
    drop();
  };
  await connect().catch(async (error) => {
    await close();
    throw error;
  });
  return close;
}
