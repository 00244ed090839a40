import type { MikroORM } from '@mikro-orm/core';
import type { PostgreSqlConnection } from '@mikro-orm/postgresql';
import type { QueryConfig } from 'pg';
import { RateLimiterMemory, RateLimiterPostgres, RLWrapperTimeouts } from 'rate-limiter-flexible';
import { dialectOf } from '../db/dialect.js';
import { WINDOW_SECONDS } from './settings.js';

/** What became of a count: all that was counted under a key in the window, and how long the window still lasts. */
export interface Counted {
  readonly consumedPoints: number;
  readonly msBeforeNext: number;
}

/** Counts points under keys in windows that begin with the first point. */
export interface Counter {
  readonly consume: (key: string, points: number) => Promise<Counted>;
}

const TABLE = 'rate_limits';
/** After how long a database that does not answer is done without. */
const TIMEOUT_MS = 1_000;
/** It only counts; whether that is too much is decided by whoever asks. */
const COUNT = { points: Number.MAX_SAFE_INTEGER, duration: WINDOW_SECONDS };

/**
 * Counts in this process on SQLite and in the database on PostgreSQL, for all servers together. While the database does
 * not answer, each server counts for itself: a limiter that is away must not take the API with it.
 */
export async function createCounter(orm: MikroORM, onFault: (error: unknown) => void): Promise<Counter> {
  const inProcess = new RateLimiterMemory(COUNT);
  if (dialectOf(orm.em).name === 'sqlite') return inProcess;
  const pool = await (orm.em.getConnection() as PostgreSqlConnection).getNativeClient();
  const query = (config: QueryConfig) =>
    pool.query(config).catch((error: unknown) => {
      onFault(error);
      throw error;
    });
  const together = new RateLimiterPostgres({
    ...COUNT,
    storeClient: { query },
    storeType: 'client',
    tableName: TABLE,
    tableCreated: true,
  });
  return new RLWrapperTimeouts({ limiter: together, insuranceLimiter: inProcess, timeoutMs: TIMEOUT_MS });
}
