import type { EntityManager } from '@mikro-orm/core';
import type { AbstractSqlConnection } from '@mikro-orm/sqlite';
import { CompiledQuery, type Kysely } from 'kysely';
import pg from 'pg';

/**
 * Statements whose text never changes, each under a short name: a connection parses and plans them once. MikroORM writes
 * values into the text instead, so that the database has to read every statement anew.
 */
const names = new Map<string, string>();

/** Says that a text, with its values as `$1`, `$2`, each once and in this order, is one to be prepared. */
export function prepare(sql: string): string {
  if (!names.has(sql)) names.set(sql, `dompet_${names.size + 1}`);
  return sql;
}

export function isPrepared(sql: string): boolean {
  return names.has(sql);
}

/** Runs a prepared text in the transaction of `em`, if any, and returns the rows; errors are MikroORM's, as everywhere. */
export async function runPrepared<Row>(
  em: EntityManager,
  sql: string,
  values: readonly unknown[],
): Promise<Row[]> {
  const client =
    em.getTransactionContext<Kysely<unknown>>() ?? (em.getConnection() as AbstractSqlConnection).getClient();
  try {
    const { rows } = await client.executeQuery<Row>(CompiledQuery.raw(sql, [...values]));
    return rows;
  } catch (error) {
    throw em
      .getPlatform()
      .getExceptionConverter()
      .convertException(error as Error & Record<string, unknown>);
  }
}

/** A PostgreSQL connection that sends prepared texts under their names. */
export class PreparingClient extends pg.Client {
  // The driver has many ways to ask; all of them go on as they came, but for a text that is known.
  override query(...asked: never[]): never {
    const [text, values] = asked as readonly unknown[];
    const name = typeof text === 'string' ? names.get(text) : undefined;
    const ask = super.query as (...asked: unknown[]) => never;
    return name === undefined ? ask.apply(this, asked) : ask.call(this, { name, text, values });
  }
}
