import { randomUUID } from 'node:crypto';
import type { EntityManager, MikroORM } from '@mikro-orm/core';
import type { PostgreSqlConnection } from '@mikro-orm/postgresql';
import type { Notification, Pool, PoolClient } from 'pg';
import { dialectOf, query } from '../db/dialect.js';
import type { EventRow } from './event.js';

const CHANNEL = 'dompet_events';
const RECONNECT_DELAY_MS = 500;

/** How servers on one database tell each other that the log has grown. */
export interface Announcements {
  /** Called inside a batch's transaction: wakes the other servers when it commits. */
  readonly announce: (em: EntityManager, events: readonly EventRow[]) => Promise<void>;
  /** Starts to listen, and returns how to stop. */
  readonly listen: (wake: () => void) => Promise<() => Promise<void>>;
}

/** SQLite has one server; the poll serves any other. PostgreSQL has `NOTIFY`. */
export function createAnnouncements(orm: MikroORM, onFault: (error: unknown) => void): Announcements {
  if (dialectOf(orm.em).name === 'sqlite') {
    return { announce: async () => undefined, listen: async () => async () => undefined };
  }
  // A server knows of its own commits already; by this name it tells its own announcements from others'.
  const sender = randomUUID();
  return {
    announce: async (em, events) => {
      if (events.length > 0) await query(em, `notify ${CHANNEL}, '${sender}'`, []);
    },
    listen: async (wake) => {
      const pool = await (orm.em.getConnection() as PostgreSqlConnection).getNativeClient();
      return listen(pool, ({ payload }) => payload !== sender && wake(), wake, onFault);
    },
  };
}

/**
 * Listens on a connection of its own, and takes a new one when that is lost: what was announced meanwhile is found by
 * reading, so the first thing after connecting is a wake-up.
 */
async function listen(
  pool: Pool,
  hear: (notification: Notification) => void,
  wake: () => void,
  onFault: (error: unknown) => void,
): Promise<() => Promise<void>> {
  let client: PoolClient | undefined;
  let retry: NodeJS.Timeout | undefined;
  let closed = false;

  const drop = () => {
    client?.removeListener('notification', hear);
    client?.release(true);
    client = undefined;
  };
  // A connection that is lost while it subscribes tells so twice: there is one new attempt all the same.
  const lose = (error: unknown) => {
    drop();
    if (closed || retry) return;
    onFault(error);
    retry = setTimeout(() => {
      retry = undefined;
      connect().catch(lose);
    }, RECONNECT_DELAY_MS);
  };
  const connect = async () => {
    const connected = await pool.connect();
    client = connected;
    if (closed) return drop();
    connected.on('notification', hear);
    connected.on('error', (error) => client === connected && lose(error));
    await connected.query(`listen ${CHANNEL}`);
    wake();
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
