import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { MikroORM } from '@mikro-orm/core';
import { loadConfig } from '../src/config.js';
import { connect, migrate } from '../src/database.js';
import { query } from '../src/db/dialect.js';
import { bindTimeZone } from '../src/rollups/bind-time-zone.js';
import { startPostgres } from '../tests/support/postgres-setup.js';
import { makeHistory, TIME_ZONE } from './analytics-history.js';
import { measureLag } from './analytics-lag.js';
import { type Question, questionsOf } from './analytics-questions.js';

const SIZES = { postgresql: [10_000, 1_000_000, 5_000_000], sqlite: [10_000, 1_000_000] } as const;
const ROUNDS = 5;
/** In each round, ours so many times, and the raw query once. */
const ASKED_PER_ROUND = 20;
const LAG_SECONDS = 15;

interface Row {
  readonly database: string;
  readonly transactions: number;
  readonly question: string;
  readonly p50: number;
  readonly p99: number;
  readonly rawP50: number;
  readonly rawP99: number;
  readonly ratio: number;
}

const { values: options } = parseArgs({ options: { json: { type: 'boolean' }, max: { type: 'string' } } });
const max = Number(options.max ?? Number.POSITIVE_INFINITY);
const settings = loadConfig({ NODE_ENV: 'test' }).settings;
const progress = (text: string) => process.stderr.write(`${text}\n`);

function at(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] as number;
}

async function timed(ask: () => Promise<unknown>): Promise<number> {
  const begun = performance.now();
  await ask();
  return performance.now() - begun;
}

/** Ours and the raw query in alternating rounds of one run, after one of each that does not count. */
async function measure({ name, ours, raw }: Question): Promise<Omit<Row, 'database' | 'transactions'>> {
  const times = { ours: [] as number[], raw: [] as number[] };
  await ours();
  await raw();
  for (let round = 0; round < ROUNDS; round += 1) {
    for (let count = 0; count < ASKED_PER_ROUND; count += 1) times.ours.push(await timed(ours));
    times.raw.push(await timed(raw));
  }
  const [p50, rawP50] = [at(times.ours, 0.5), at(times.raw, 0.5)];
  const p99s = { p99: at(times.ours, 0.99), rawP99: at(times.raw, 0.99) };
  return { question: name, p50, rawP50, ...p99s, ratio: rawP50 / p50 };
}

async function open(url: string): Promise<MikroORM> {
  const orm = await connect({ databaseUrl: url, databasePoolMax: 8 });
  await migrate(orm);
  await bindTimeZone(orm, TIME_ZONE);
  return orm;
}

async function measureSize(database: string, url: string, size: number): Promise<Row[]> {
  const orm = await open(url);
  try {
    progress(`${database}: making ${size} transactions`);
    await makeHistory(orm, size);
    const rows: Row[] = [];
    for (const question of questionsOf(orm, size, settings)) {
      rows.push({ database, transactions: size, ...(await measure(question)) });
    }
    return rows;
  } finally {
    await orm.close();
  }
}

async function lagOn(url: string): Promise<{ readonly p50: number; readonly p99: number }> {
  progress('rollup lag');
  const orm = await open(url);
  const lags = await measureLag(orm, LAG_SECONDS).finally(() => orm.close());
  return { p50: at(lags, 0.5), p99: at(lags, 0.99) };
}

async function runAll() {
  const rows: Row[] = [];
  const lag: Record<string, { readonly p50: number; readonly p99: number }> = {};
  const directory = mkdtempSync(join(tmpdir(), 'dompet-bench-'));
  const postgres = await startPostgres();
  try {
    const control = await connect({ databaseUrl: postgres.url, databasePoolMax: 2 });
    const createDatabase = async (name: string) => {
      await query(control.em.fork(), `create database ${name}`, []);
      return postgres.url.replace(/[^/]*$/, name);
    };
    for (const size of SIZES.postgresql.filter((one) => one <= max)) {
      const name = `bench_${size}`;
      rows.push(...(await measureSize('PostgreSQL', await createDatabase(name), size)));
      await query(control.em.fork(), `drop database ${name}`, []);
    }
    lag['PostgreSQL'] = await lagOn(await createDatabase('lag'));
    await control.close();
    for (const size of SIZES.sqlite.filter((one) => one <= max)) {
      rows.push(...(await measureSize('SQLite', `sqlite:${join(directory, `${size}.db`)}`, size)));
    }
    lag['SQLite'] = await lagOn(`sqlite:${join(directory, 'lag.db')}`);
  } finally {
    await postgres.stop();
    rmSync(directory, { recursive: true, force: true });
  }
  return { rows, lag };
}

function table({ rows, lag }: Awaited<ReturnType<typeof runAll>>): string {
  const ms = (value: number) => value.toFixed(value < 10 ? 2 : 0);
  return [
    'Milliseconds; beside ours the same question as plain SQL on the table, in the same run.\n',
    '| database | transactions | question | p50 | p99 | raw p50 | raw p99 | raw ÷ ours |',
    '|---|---|---|---|---|---|---|---|',
    ...rows.map(
      (row) =>
        `| ${row.database} | ${row.transactions.toLocaleString('en')} | ${row.question} | ${ms(row.p50)} | ${ms(row.p99)} | ${ms(row.rawP50)} | ${ms(row.rawP99)} | ${row.ratio.toFixed(1)} |`,
    ),
    '\nFrom the commit of an event to its being counted, 2,000 a second:\n',
    '| database | p50 | p99 |',
    '|---|---|---|',
    ...Object.entries(lag).map(([database, { p50, p99 }]) => `| ${database} | ${ms(p50)} | ${ms(p99)} |`),
  ].join('\n');
}

const result = await runAll();
process.stdout.write(`${options.json ? JSON.stringify(result, null, 2) : table(result)}\n`);
