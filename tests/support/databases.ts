import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';

export interface TestDatabase {
  readonly url: string;
  drop(): Promise<void>;
}

export interface DatabaseKind {
  readonly name: 'sqlite' | 'postgresql';
  /** A fresh, empty database that nothing else uses. */
  create(): Promise<TestDatabase>;
}

/** Every kind of database that the server supports: `describe.each(databases)('… on $name', …)`. */
export const databases: readonly DatabaseKind[] = [
  { name: 'sqlite', create: createSqlite },
  { name: 'postgresql', create: createPostgresql },
];

async function createSqlite(): Promise<TestDatabase> {
  const directory = await mkdtemp(join(tmpdir(), 'dompet-sqlite-'));
  return {
    url: `sqlite:${join(directory, 'dompet.db')}`,
    drop: () => rm(directory, { recursive: true, force: true }),
  };
}

async function createPostgresql(): Promise<TestDatabase> {
  const server = process.env.TEST_POSTGRES_URL;
  if (!server)
    throw new Error('TEST_POSTGRES_URL is not set: are these tests run by Jest, with its global setup?');
  const name = `test_${randomBytes(8).toString('hex')}`;
  await execute(server, `CREATE DATABASE ${name}`);
  const url = new URL(server);
  url.pathname = `/${name}`;
  return { url: url.href, drop: () => execute(server, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`) };
}

async function execute(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
