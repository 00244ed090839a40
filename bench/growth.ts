import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { connect, migrate } from '../src/database.js';
import { startPostgres } from '../tests/support/postgres-setup.js';
import { type BenchServer, startServer } from './environment.js';
import { loadPostgres } from './history.js';
import { BULK_ITEMS } from './requests.js';
import { type Contestant, measureRounds, openLoad } from './rounds.js';
import { median } from './samples.js';
import { print } from './table.js';
import { openPostgresUsage, residentBytes } from './usage.js';

/**
 * Whether making a transaction costs the same however many there are. `--large` fills one table with 10 million rows instead
 * of one; `--million` makes a million transactions and looks at the server's memory.
 */
const large = process.argv.includes('--large');
const million = process.argv.includes('--million');
const ROUNDS = 5;
const SECONDS = 1;
const CALLERS = 16;
/** So few that each has its history, so many that more than one is locked. */
const USERS_OF_A_KIND = 2;
const KINDS = [
  { each: 0, firstUser: 1_000_000 },
  { each: 1_000, firstUser: 2_000_000 },
  { each: 100_000, firstUser: 3_000_000 },
] as const;
const MILLION = 1_000_000;

const directory = mkdtempSync(join(tmpdir(), 'dompet-bench-'));
const load = openLoad();
const postgres = await startPostgres({ fsync: 'on', synchronous_commit: 'on' });

interface Stage {
  readonly server: BenchServer;
  readonly contestant: Contestant;
  readonly url: string;
  readonly close: () => Promise<void>;
}

async function open(name: string, users: number): Promise<Stage> {
  const admin = new pg.Client({ connectionString: postgres.url });
  await admin.connect();
  await admin.query(`create database ${name}`);
  await admin.end();
  const target = new URL(postgres.url);
  target.pathname = `/${name}`;
  const url = target.href;
  const orm = await connect({ databaseUrl: url, databasePoolMax: 2 });
  await migrate(orm);
  await orm.close();
  await loadPostgres(url, { users, each: 30, days: 29 });
  const server = await startServer(directory, url);
  const usage = await openPostgresUsage(url);
  const contestant: Contestant = {
    contender: 'graphql',
    operation: 'createTransaction',
    users,
    url: server.url,
    pid: server.pid,
    usage,
  };
  const close = async () => {
    await server.stop();
    await usage.close();
  };
  return { server, contestant, url, close };
}

interface Cost {
  readonly perSecond: number;
  readonly cpuMs: number;
}

/** Measures all in turns, `ROUNDS` times, and gives the medians; whom a round asks for may differ with the round. */
async function inTurns(
  name: string,
  contestantsOf: (round: number) => readonly Contestant[],
): Promise<readonly Cost[]> {
  const rounds: Cost[][] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const cells = await measureRounds(load, `${name} ${round}`, contestantsOf(round), CALLERS, {
      rounds: 1,
      seconds: SECONDS,
    });
    const errors = cells.reduce((sum, cell) => sum + cell.errors, 0);
    if (errors > 0) throw new Error(`${errors} requests were not done`);
    rounds.push(
      cells.map((cell) => ({
        perSecond: cell.perSecond,
        cpuMs: cell.serverSecondsPer1000 + cell.databaseSecondsPer1000,
      })),
    );
  }
  return contestantsOf(0).map((_contestant, index) => {
    const own = rounds.map((costs) => costs[index] as Cost);
    return {
      perSecond: median(own.map(({ perSecond }) => perSecond)),
      cpuMs: median(own.map(({ cpuMs }) => cpuMs)),
    };
  });
}

function printCosts(what: string, names: readonly string[], costs: readonly Cost[]): void {
  print(`| ${what} | per s | CPU ms each, database included | CPU ÷ the first | time ÷ the first |`);
  print('|---|---|---|---|---|');
  const first = costs[0] as Cost;
  for (const [index, { perSecond, cpuMs }] of costs.entries()) {
    const ratios = [cpuMs / first.cpuMs, first.perSecond / perSecond].map((ratio) => ratio.toFixed(2));
    print(`| ${names[index]} | ${Math.round(perSecond)} | ${cpuMs.toFixed(3)} | ${ratios.join(' | ')} |`);
  }
  print('');
}

async function measureUsers({ contestant, url }: Stage): Promise<void> {
  const fresh = USERS_OF_A_KIND * (ROUNDS + 1);
  for (const { each, firstUser } of KINDS)
    await loadPostgres(url, { users: each === 0 ? fresh : USERS_OF_A_KIND, each, days: 29 }, firstUser);
  const kinds = (round: number): Contestant[] =>
    KINDS.map(({ each, firstUser }) => ({
      ...contestant,
      users: USERS_OF_A_KIND,
      firstUser: each === 0 ? firstUser + USERS_OF_A_KIND * round : firstUser,
    }));
  // A user's first command adds up what was loaded; every later one finds the sums.
  await measureRounds(load, 'warm-up', kinds(ROUNDS), CALLERS, { rounds: 1, seconds: SECONDS });
  const names = KINDS.map(({ each }) => each.toLocaleString('en'));
  printCosts('transactions of that user in 29 days', names, await inTurns('users', kinds));
}

async function measureTables(small: Stage): Promise<void> {
  const rows = large ? 10_000_000 : 1_000_000;
  const filled = await open('filled', Math.floor(rows / 30));
  const both = [small, filled].map(({ contestant }) => contestant);
  await measureRounds(load, 'warm-up tables', both, CALLERS, { rounds: 1, seconds: 3 });
  const names = [10_000, rows].map((count) => count.toLocaleString('en'));
  printCosts('rows in the table', names, await inTurns('tables', () => both));
  await filled.close();
}

async function measureMemory({ server, contestant }: Stage): Promise<void> {
  const mebibytes = () => Math.round(residentBytes(server.pid) / 2 ** 20);
  const bulk: Contestant = { ...contestant, operation: 'createTransactions', callers: 4 };
  print(`Memory of the server before: ${mebibytes()} MiB.`);
  let made = 0;
  for (let run = 0; made < MILLION; run += 1) {
    const order = { ...bulk, callers: 4, seconds: 20, run: `million-${run}` };
    made += (await load.run(order)).count * BULK_ITEMS;
    print(`After ${made.toLocaleString('en')} transactions: ${mebibytes()} MiB.`);
  }
}

try {
  const small = await open('small', 333);
  await measureTables(small);
  await measureUsers(small);
  if (million) await measureMemory(small);
  await small.close();
} finally {
  load.stop();
  await postgres.stop();
  rmSync(directory, { recursive: true, force: true });
}
