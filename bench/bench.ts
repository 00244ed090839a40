import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { connect, migrate } from '../src/database.js';
import { startPostgres } from '../tests/support/postgres-setup.js';
import { startServer } from './environment.js';
import { HISTORY, loadPostgres, loadSqlite } from './history.js';
import { type Cell, type Contestant, measureRounds, openLoad } from './rounds.js';
import { print, printCells } from './table.js';
import { openPostgresUsage, readProcessUsage } from './usage.js';

/**
 * What it costs to make a transaction: this server through GraphQL beside programs that do the same without it, in
 * alternating rounds of one run. `--quick` measures for a minute, `--json` prints figures for programs, `--only=TEXT` those
 * parts whose name contains it.
 */
const quick = process.argv.includes('--quick');
const json = process.argv.includes('--json');
const only = process.argv.find((argument) => argument.startsWith('--only='))?.slice('--only='.length) ?? '';
/** So long that one pause of the machine, which all callers wait for, is not by itself the 99th percentile of a round. */
const length = quick ? { rounds: 2, seconds: 0.5 } : { rounds: 3, seconds: 3 };
const CALLERS = [1, 16, 64, 256] as const;

/** What writes is measured beside raw SQL, what reads beside the edge alone. */
const isWrite = (operation: string): boolean => operation === 'createTransactions' || operation === 'refund';

const directory = mkdtempSync(join(tmpdir(), 'dompet-bench-'));
const load = openLoad();
const cells: Cell[] = [];

async function measure(name: string, contestants: readonly Contestant[], callers: number): Promise<void> {
  if (!name.includes(only)) return;
  if (!json) process.stderr.write(`${name}\n`);
  cells.push(...(await measureRounds(load, name, contestants, callers, length)));
}

async function measurePostgres(): Promise<void> {
  const postgres = await startPostgres({ fsync: 'on', synchronous_commit: 'on' });
  const urlOf = (name: string) => {
    const url = new URL(postgres.url);
    url.pathname = `/${name}`;
    return url.href;
  };
  const admin = new pg.Client({ connectionString: postgres.url });
  await admin.connect();
  await admin.query('create database dompet');
  const orm = await connect({ databaseUrl: urlOf('dompet'), databasePoolMax: 2 });
  await migrate(orm);
  await orm.close();
  await loadPostgres(urlOf('dompet'), HISTORY);
  for (const name of ['raw', 'orm']) await admin.query(`create database ${name} template dompet`);
  await admin.query('checkpoint');
  const server = await startServer(directory, urlOf('dompet'));
  const usages = new Map<string, Awaited<ReturnType<typeof openPostgresUsage>>>();
  for (const name of ['dompet', 'raw', 'orm']) usages.set(name, await openPostgresUsage(urlOf(name)));
  const usageOf = (name: string) => usages.get(name) as NonNullable<ReturnType<typeof usages.get>>;
  try {
    const create = { operation: 'createTransaction', users: HISTORY.users } as const;
    const ours: Contestant = {
      ...create,
      contender: 'graphql',
      url: server.url,
      pid: server.pid,
      usage: usageOf('dompet'),
    };
    const nothing: Contestant = { ...ours, operation: 'nothing' };
    const pid = load.pid;
    const raw: Contestant = {
      ...create,
      contender: 'raw SQL',
      url: urlOf('raw'),
      pid,
      usage: usageOf('raw'),
    };
    const rawWithoutLog: Contestant = { ...raw, contender: 'raw SQL, no log' };
    const orm: Contestant = {
      ...create,
      contender: 'naive ORM',
      url: urlOf('orm'),
      pid,
      usage: usageOf('orm'),
    };
    await load.run({ ...ours, callers: 64, seconds: quick ? 1 : 3, run: 'warm-up' });
    for (const callers of CALLERS) {
      await measure(
        `PostgreSQL, spread, ${callers} callers`,
        [ours, raw, rawWithoutLog, orm, nothing],
        callers,
      );
      const one = [ours, raw, rawWithoutLog, orm].map((contestant) => ({ ...contestant, users: 1 }));
      await measure(`PostgreSQL, one user, ${callers} callers`, one, callers);
    }
    const others = ['createTransactions', 'refund', 'balance', 'page'] as const;
    for (const operation of others) {
      const callers = operation === 'createTransactions' ? 4 : 64;
      const beside = isWrite(operation) ? { ...raw, callers: 64 } : nothing;
      await measure(
        `PostgreSQL, ${operation}, ${callers} callers`,
        [{ ...ours, operation }, beside],
        callers,
      );
    }
  } finally {
    await server.stop();
    for (const usage of usages.values()) await usage.close();
    await admin.end();
    await load.reset();
    await postgres.stop();
  }
}

async function measureSqlite(): Promise<void> {
  const urls = ['dompet', 'raw'].map((name) => `sqlite:${join(directory, `${name}.db`)}`);
  for (const databaseUrl of urls) {
    const orm = await connect({ databaseUrl, databasePoolMax: 2 });
    await migrate(orm);
    await orm.close();
    loadSqlite(databaseUrl.slice('sqlite:'.length), HISTORY);
  }
  const [url = '', rawUrl = ''] = urls;
  const server = await startServer(directory, url);
  const usage = { read: async (pid: number) => readProcessUsage(pid) };
  const ours: Contestant = {
    contender: 'graphql',
    operation: 'createTransaction',
    users: HISTORY.users,
    url: server.url,
    pid: server.pid,
    usage,
  };
  const raw: Contestant = { ...ours, contender: 'better-sqlite3', url: rawUrl, pid: load.pid };
  try {
    await load.run({ ...ours, callers: 64, seconds: 1, run: 'warm-up' });
    for (const callers of [1, 64]) await measure(`SQLite, spread, ${callers} callers`, [ours, raw], callers);
    const one = [ours, raw].map((contestant) => ({ ...contestant, users: 1 }));
    await measure('SQLite, one user, 64 callers', one, 64);
    for (const operation of ['createTransactions', 'refund', 'balance', 'page'] as const) {
      const callers = operation === 'createTransactions' ? 4 : 64;
      const beside: Contestant = isWrite(operation) ? raw : { ...ours, operation: 'nothing' };
      await measure(`SQLite, ${operation}, ${callers} callers`, [{ ...ours, operation }, beside], callers);
    }
  } finally {
    await server.stop();
    await load.reset();
  }
}

try {
  if (!only.startsWith('SQLite')) await measurePostgres();
  if (!only.startsWith('PostgreSQL')) await measureSqlite();
  if (json) print(JSON.stringify(cells, undefined, 2));
  else printCells(cells);
} finally {
  load.stop();
  rmSync(directory, { recursive: true, force: true });
}
