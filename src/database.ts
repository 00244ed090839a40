import type { EntityManager, MikroORM, Options } from '@mikro-orm/core';
import { PostgreSqlConnection } from '@mikro-orm/postgresql';
import { migrations as postgresqlMigrations } from '../migrations/postgresql/index.js';
import { migrations as sqliteMigrations } from '../migrations/sqlite/index.js';
import { ApiKey } from './access/api-key.js';
import type { DatabaseConfig } from './config.js';
import { isSqlite, openDatabase, ormOptions } from './db/orm.js';
import { ConfigError } from './errors.js';
import { Event, EventLogHead, HEAD_ID } from './events/event.js';
import { ActivitySums } from './ledger/activity.js';
import { Posting } from './ledger/posting.js';
import { Transaction } from './ledger/transaction.js';
import { User } from './ledger/user.js';
import { Rollup, RollupHead } from './rollups/rollup.js';
import { WebhookDelivery } from './webhooks/delivery.js';
import { WebhookEndpoint } from './webhooks/endpoint.js';

const entities = [
  User,
  ActivitySums,
  Transaction,
  Posting,
  Event,
  EventLogHead,
  WebhookEndpoint,
  WebhookDelivery,
  ApiKey,
  Rollup,
  RollupHead,
];

type ConnectOptions = DatabaseConfig & { readonly readOnly?: boolean };
type OnWarning = (message: string) => void;

export function databaseOptions(config: ConnectOptions, onWarning?: OnWarning): Partial<Options> {
  const { databaseUrl: url, databasePoolMax: poolMax, readOnly } = config;
  const [folder, migrationsList] = isSqlite(url)
    ? ['migrations/sqlite', sqliteMigrations]
    : ['migrations/postgresql', postgresqlMigrations];
  return ormOptions({ url, poolMax, readOnly, ...(onWarning && { onWarning }) }, entities, {
    path: folder,
    migrationsList,
  });
}

/**
 * Connects to the database that the settings name. One that cannot be opened at the start is a wrong setting; a driver's
 * message has no password in it.
 */
export async function connect(config: ConnectOptions, onWarning?: OnWarning): Promise<MikroORM> {
  const refuse = (reason: string) =>
    new ConfigError(`DATABASE_URL names a database that cannot be opened: ${reason}.`);
  const open = async () => openDatabase(databaseOptions(config, onWarning));
  const orm = await open().catch((error: Error) => {
    throw refuse(error.message);
  });
  await orm.em.getConnection().ensureConnection();
  const checked = await orm.checkConnection();
  if (checked.ok) return orm;
  await orm.close();
  throw refuse(checked.reason);
}

/** Any number that no other use of advisory locks in the database has. */
const MIGRATION_LOCK = 4_160_371;

/** Brings the database up to date. Servers that start together wait for each other. */
export async function migrate(orm: MikroORM): Promise<void> {
  const connection = orm.em.getConnection();
  if (!(connection instanceof PostgreSqlConnection)) {
    // Two processes can both find the same migration pending; the one that comes second finds it done on its next look.
    await orm.migrator.up().catch(() => orm.migrator.up());
    return;
  }
  const pool = await connection.getNativeClient();
  const client = await pool.connect();
  try {
    await client.query('select pg_advisory_lock($1)', [MIGRATION_LOCK]);
    await orm.migrator.up();
  } finally {
    // Ending the session gives up its lock.
    client.release(true);
  }
}

/** Amounts that were stored in one base currency must not be read as amounts of another. */
export async function checkBaseCurrency(em: EntityManager, base: string): Promise<void> {
  refuseOtherBase(await em.fork().findOneOrFail(EventLogHead, HEAD_ID), base);
}

export function refuseOtherBase({ baseCurrency }: EventLogHead, base: string): void {
  if (!baseCurrency || baseCurrency === base) return;
  throw new ConfigError(
    `BASE_CURRENCY is ${base}, but this database keeps its amounts in ${baseCurrency}: set BASE_CURRENCY=${baseCurrency} or use another database.`,
  );
}
