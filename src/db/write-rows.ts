import type { EntityClass, EntityManager, EntityProperty } from '@mikro-orm/core';
import { type Dialect, dialectOf } from './dialect.js';
import { prepare, runPrepared } from './prepared.js';

/** Rows of one table to be written. */
export interface Write {
  readonly entity: EntityClass<object>;
  readonly rows: readonly object[];
  /** What becomes of a row that is there: it must not be, it takes these values, or it is made when it is not. */
  readonly mode: 'insert' | 'update' | 'upsert';
  /** Which properties an existing row takes. */
  readonly set?: readonly string[];
}

interface Column {
  readonly name: string;
  readonly type: string;
  readonly key: boolean;
  readonly cellOf: (row: object) => unknown;
}

/** How a write is said: its columns, and its statement with the place of its value. */
interface Shape {
  readonly columns: readonly Column[];
  readonly sqlAt: (place: number) => string;
}

const shapes = new Map<string, Shape>();

/**
 * Writes rows of several tables, each table's as one JSON value, so that the text of the statement is always the same and
 * the database prepares it once: on PostgreSQL it is one statement for all of them.
 */
export async function writeRows(em: EntityManager, writes: readonly Write[]): Promise<void> {
  const asked = writes.filter(({ rows }) => rows.length > 0);
  if (asked.length === 0) return;
  const dialect = dialectOf(em);
  const parts = asked.map((write) => {
    const shape = shapeOf(em, dialect, write);
    return { sqlAt: shape.sqlAt, records: recordsOf(dialect, shape, write.rows) };
  });
  if (dialect.name === 'sqlite') {
    for (const { sqlAt, records } of parts) await runPrepared(em, prepare(sqlAt(1)), [records]);
    return;
  }
  const texts = parts.map(({ sqlAt }, index) => sqlAt(index + 1));
  const last = texts.pop() as string;
  const before = texts.map((text, index) => `written_${index + 1} as (${text})`).join(', ');
  const sql = before === '' ? last : `with ${before} ${last}`;
  await runPrepared(
    em,
    prepare(sql),
    parts.map(({ records }) => records),
  );
}

function recordsOf({ instant }: Dialect, { columns }: Shape, rows: readonly object[]): string {
  const records = rows.map((row) => {
    const record: Record<string, unknown> = {};
    for (const { name, cellOf } of columns) {
      const cell = cellOf(row);
      if (cell instanceof Date) record[name] = instant(cell);
      else record[name] = typeof cell === 'bigint' ? cell.toString() : cell;
    }
    return record;
  });
  return JSON.stringify(records);
}

function shapeOf(em: EntityManager, dialect: Dialect, { entity, mode, set }: Write): Shape {
  const key = [dialect.name, entity.name, mode, ...(set ?? [])].join(' ');
  let shape = shapes.get(key);
  if (!shape) {
    const meta = em.getMetadata().get(entity);
    const wanted = meta.props.filter(
      ({ name, primary }) => primary || mode !== 'update' || set?.includes(name),
    );
    const columns = wanted.map((property) => columnOf(em, property));
    shape = { columns, sqlAt: (place) => sqlOf(dialect, meta.tableName, columns, mode, place) };
    shapes.set(key, shape);
  }
  return shape;
}

function columnOf(em: EntityManager, property: EntityProperty): Column {
  const platform = em.getPlatform();
  const { name, customType } = property;
  const read = (row: object) => (row as Record<string, unknown>)[name];
  return {
    name: property.fieldNames[0] as string,
    type: property.columnTypes[0] as string,
    key: property.primary === true,
    cellOf: customType ? (row) => customType.convertToDatabaseValue(read(row), platform) : read,
  };
}

function sqlOf(
  { recordset, isAmong }: Dialect,
  table: string,
  columns: readonly Column[],
  mode: Write['mode'],
  place: number,
): string {
  const names = columns.map(({ name }) => name);
  const source = recordset(
    `$${place}`,
    'written',
    columns.map(({ name, type }) => [name, type]),
  );
  const others = columns.filter(({ key }) => !key).map(({ name }) => name);
  const assign = (from: string) => others.map((name) => `${name} = ${from}.${name}`).join(', ');
  const keyColumns = columns.filter(({ key }) => key);
  const keys = keyColumns.map(({ name }) => name);
  if (mode === 'update') {
    const same = keyColumns.map(
      ({ name, type }) =>
        `${table}.${name} = written.${name} and ${isAmong(`${table}.${name}`, name, type, `$${place}`)}`,
    );
    return `update ${table} set ${assign('written')} from ${source} where ${same.join(' and ')}`;
  }
  const insert = `insert into ${table} (${names.join(', ')}) select ${names.join(', ')} from ${source} where true`;
  return mode === 'insert'
    ? insert
    : `${insert} on conflict (${keys.join(', ')}) do update set ${assign('excluded')}`;
}
