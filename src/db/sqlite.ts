import Database from 'better-sqlite3';
import { SqliteDialect, type SqliteStatement } from 'kysely';
import { isPrepared } from './prepared.js';

const BUSY_TIMEOUT_MS = 5_000;

/**
 * The embedded database as MikroORM drives it, with what money needs: durable commits in write-ahead mode, foreign keys,
 * a writer's lock from the first statement of a transaction on (a lock taken later can fail half-way), and integers that
 * are read exactly. There is one connection: whoever reads waits while a transaction is open. A connection that only reads
 * holds up no writer.
 */
export function sqliteDialect(path: string, readOnly: boolean): SqliteDialect {
  const database = new Database(path, { timeout: BUSY_TIMEOUT_MS, readonly: readOnly });
  const begin = readOnly ? 'begin' : 'begin immediate';
  if (!readOnly) {
    database.pragma('journal_mode = WAL');
    database.pragma('synchronous = FULL');
    database.pragma('foreign_keys = ON');
  }
  const prepared = new Map<string, SqliteStatement>();
  const prepare = (sql: string): SqliteStatement => {
    const known = prepared.get(sql);
    if (known) return known;
    if (!isPrepared(sql)) return exactStatement(database.prepare(sql === 'begin' ? begin : sql));
    const statement = exactStatement(database.prepare(sql.replaceAll(/\$(\d+)/g, '?')));
    prepared.set(sql, statement);
    return statement;
  };
  return new SqliteDialect({ database: { close: () => void database.close(), prepare } });
}

/** A statement that reads integers as `bigint` and hands on as `number` only those that a number holds exactly. */
function exactStatement(statement: Database.Statement): SqliteStatement {
  if (statement.reader) statement.safeIntegers(true);
  return {
    reader: statement.reader,
    all: (parameters) => {
      const rows = statement.all(parameters) as Array<Record<string, unknown>>;
      for (const row of rows) narrowIntegers(row);
      return rows;
    },
    run: (parameters) => statement.run(parameters),
    *iterate(parameters) {
      for (const row of statement.iterate(parameters)) {
        narrowIntegers(row as Record<string, unknown>);
        yield row;
      }
    },
  };
}

function narrowIntegers(row: Record<string, unknown>): void {
  for (const key in row) {
    const value = row[key];
    if (typeof value !== 'bigint') continue;
    const number = Number(value);
    if (Number.isSafeInteger(number)) row[key] = number;
  }
}
