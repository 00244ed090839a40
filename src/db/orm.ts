import { type EntityClass, MikroORM, type Options } from '@mikro-orm/core';
import { Migrator } from '@mikro-orm/migrations';
import { PostgreSqlDriver } from '@mikro-orm/postgresql';
import { SqliteDriver } from '@mikro-orm/sqlite';
import { PreparingClient } from './prepared.js';
import { sqliteDialect } from './sqlite.js';

export interface DatabaseOptions {
  /** `sqlite:<path>` or `postgresql://…`. */
  readonly url: string;
  readonly poolMax: number;
  /** Never write; on SQLite, never hold up who does. */
  readonly readOnly?: boolean | undefined;
  /** Told of what MikroORM warns of, such as a connection that broke while nobody used it. */
  readonly onWarning?: (message: string) => void;
}

const SQLITE_SCHEME = 'sqlite:';
const CONNECT_TIMEOUT_MS = 5_000;
const IDLE_IN_TRANSACTION_MAX_MS = 30_000;

/**
 * A plan is kept for as long as its connection, so one that is made while a table is small has to do when it is large. Every
 * read here has its index; what has none reads a small table, and is not to be compiled because it now looks expensive.
 */
const READ_BY_INDEX = '-c enable_seqscan=off -c jit=off';

export function isSqlite(url: string): boolean {
  return url.startsWith(SQLITE_SCHEME);
}

function connectionString(url: string): string {
  const target = new URL(url);
  const options = [READ_BY_INDEX, target.searchParams.get('options') ?? ''];
  target.searchParams.set('options', options.join(' '));
  return target.href;
}

/** MikroORM's options for either database; what both share stands once. */
export function ormOptions(
  { url, poolMax, readOnly = false, onWarning = () => undefined }: DatabaseOptions,
  entities: Array<EntityClass<object>>,
  migrations: NonNullable<Options['migrations']>,
): Partial<Options> {
  const shared: Partial<Options> = {
    entities,
    extensions: [Migrator],
    migrations: { transactional: true, allOrNothing: true, snapshot: false, silent: true, ...migrations },
    logger: onWarning,
    colors: false,
    timezone: 'Z',
    // A fork per unit of work is the rule; the global one serves only to make forks.
    allowGlobalContext: false,
    ensureDatabase: false,
    // The limiter's table belongs to its library and has no entity.
    schemaGenerator: { skipTables: ['rate_limits'] },
    // What a decision changed is written as it is; nothing validates or defaults behind its back.
    validateRequired: false,
  };
  if (isSqlite(url)) {
    const path = url.slice(SQLITE_SCHEME.length);
    return { ...shared, driver: SqliteDriver, dbName: path, driverOptions: sqliteDialect(path, readOnly) };
  }
  return {
    ...shared,
    driver: PostgreSqlDriver,
    clientUrl: url,
    pool: { min: 0, max: poolMax },
    driverOptions: {
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      keepAlive: true,
      Client: PreparingClient,
      // MikroORM heeds the URL's host, user, password and database only; the driver also how to use TLS, and the rest.
      connectionString: connectionString(url),
      // A server that froze in the middle of a batch does not hold its users' locks for ever.
      idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_MAX_MS,
    },
  };
}

export function openDatabase(options: Partial<Options>): Promise<MikroORM> {
  return MikroORM.init(options);
}
