import type { EntityManager } from '@mikro-orm/core';
import { type SqlEntityManager, SqliteDriver } from '@mikro-orm/sqlite';

/** What the two databases say differently in hand-written SQL. */
export interface Dialect {
  readonly name: 'sqlite' | 'postgresql';
  /** An instant column as whole Unix milliseconds. */
  readonly millis: (column: string) => string;
  /** The aggregate that gathers a column as a JSON array. */
  readonly jsonArray: (column: string) => string;
  /** An instant as it is written into JSON that the database reads. */
  readonly instant: (at: Date) => string | number;
  /** A JSON array of values. */
  readonly jsonList: (...values: string[]) => string;
  /** Joins the one row of a table, if there is one, that a condition on its key names. */
  readonly joinOne: (table: string, name: string, condition: string) => string;
  /** Whether a column's value is in a JSON array of texts. */
  readonly isIn: (column: string, value: string) => string;
  /** The same for a JSON array of objects, by one of their members; says nothing where a join needs no such help. */
  readonly isAmong: (column: string, member: string, type: string, value: string) => string;
  /** Ends a query whose rows are locked until the transaction ends; SQLite has one writer anyway. */
  readonly forUpdate: string;
  /** Rows out of a JSON array of objects, as a table of these columns with their PostgreSQL types. */
  readonly recordset: (
    value: string,
    name: string,
    columns: ReadonlyArray<readonly [string, string]>,
  ) => string;
}

const dialects: Readonly<Record<Dialect['name'], Dialect>> = {
  sqlite: {
    name: 'sqlite',
    millis: (column) => column,
    jsonArray: (column) => `json_group_array(${column})`,
    jsonList: (...values) => `json_array(${values.join(', ')})`,
    joinOne: (table, name, condition) => `left join ${table} ${name} on ${condition}`,
    isIn: (column, value) => `${column} in (select value from json_each(${value}))`,
    isAmong: () => 'true',
    forUpdate: '',
    instant: (at) => at.getTime(),
    recordset: (value, name, columns) => {
      const cells = columns.map(([column, type]) => {
        const cell = `value ->> '${column}'`;
        return `${type === 'bigint' ? `cast(${cell} as integer)` : cell} as ${column}`;
      });
      return `(select ${cells.join(', ')} from json_each(${value})) as ${name}`;
    },
  },
  postgresql: {
    name: 'postgresql',
    millis: (column) => `(extract(epoch from ${column}) * 1000)::bigint`,
    jsonArray: (column) => `json_agg(${column})`,
    jsonList: (...values) => `json_build_array(${values.join(', ')})`,
    // A plain join may read the whole table here too; this one looks each row up.
    joinOne: (table, name, condition) =>
      `left join lateral (select * from ${table} ${name} where ${condition} limit 1) ${name} on true`,
    isIn: (column, value) => `${column} = any(array(select json_array_elements_text(${value}::json)))`,
    // Planned for any number of rows, a plain join may read the whole table.
    isAmong: (column, member, type, value) =>
      `${column} = any(array(select (row ->> '${member}')::${type} from json_array_elements(${value}::json) row))`,
    forUpdate: 'for update',
    instant: (at) => at.toISOString(),
    recordset: (value, name, columns) => {
      const typed = columns.map(([column, type]) => `${column} ${type}`);
      return `json_to_recordset(${value}::json) as ${name} (${typed.join(', ')})`;
    },
  },
};

export function dialectOf(em: EntityManager): Dialect {
  return em.getDriver() instanceof SqliteDriver ? dialects.sqlite : dialects.postgresql;
}

/** Runs hand-written SQL with its values in the given transaction, if any, and returns the rows. */
export function query<Row>(em: EntityManager, sql: string, values: readonly unknown[]): Promise<Row[]> {
  return (em as SqlEntityManager).execute(sql, values as unknown[]);
}
