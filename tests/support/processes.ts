import { type ChildProcess, spawn } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DEVELOPMENT_KEY } from '../../src/config.js';
import type { TestDatabase } from './databases.js';

/** The built server, copied so that a build in between does not pull it from under running processes. */
export interface Program extends AsyncDisposable {
  readonly directory: string;
  readonly start: (database: TestDatabase, environment?: Record<string, string>) => Promise<ServerProcess>;
  readonly dispose: () => Promise<void>;
}

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export type LogLine = Readonly<Record<string, unknown>>;

/** A server in a process of its own. */
export interface ServerProcess {
  readonly url: string;
  readonly pid: number;
  readonly exited: Promise<Exit>;
  /** What it has logged as `fault` so far. */
  readonly faults: () => LogLine[];
  /** What it has logged under a message so far. */
  readonly logged: (message: string) => LogLine[];
  readonly request: (document: string, variables?: Record<string, unknown>) => Promise<Reply>;
  readonly kill: (signal: NodeJS.Signals) => void;
  /** Kills it if it still runs, and settles when it is gone. */
  readonly stop: () => Promise<void>;
}

/** An answer of the API. A request that got none rejects instead. */
export interface Reply {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: a test reads whatever shape its document asked for.
  readonly data: any;
  readonly errors: ReadonlyArray<{
    readonly message: string;
    readonly extensions: Readonly<Record<string, unknown>>;
  }>;
}

const START_TIMEOUT_MS = 30_000;

/** Copies `dist/`, which `npm run build` makes. */
export async function copyProgram(): Promise<Program> {
  const directory = await mkdtemp(join(tmpdir(), 'dompet-program-'));
  const root = process.cwd();
  await mkdir(join(directory, 'dist'));
  const copied = cp(join(root, 'dist'), join(directory, 'dist'), { recursive: true });
  await copied.catch((cause) => {
    throw new Error('There is no built server in dist/: run `npm run build` first.', { cause });
  });
  await cp(join(root, 'package.json'), join(directory, 'package.json'));
  await symlink(join(root, 'node_modules'), join(directory, 'node_modules'), 'dir');
  const started: ServerProcess[] = [];
  const dispose = async () => {
    await Promise.all(started.map((server) => server.stop()));
    await rm(directory, { recursive: true, force: true });
  };
  return {
    directory,
    start: async (database, environment = {}) => {
      const server = await startServer(directory, database, environment);
      started.push(server);
      return server;
    },
    dispose,
    [Symbol.asyncDispose]: dispose,
  };
}

async function startServer(
  directory: string,
  database: TestDatabase,
  environment: Record<string, string>,
): Promise<ServerProcess> {
  const child = spawn(process.execPath, ['dist/src/main.js'], {
    cwd: directory,
    env: {
      PATH: process.env.PATH,
      NODE_ENV: 'test',
      HOST: '127.0.0.1',
      PORT: '0',
      DATABASE_URL: database.url,
      SEED_DEMO_DATA: 'false',
      LOG_LEVEL: 'info',
      ...environment,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exited = new Promise<Exit>((resolve) => {
    child.once('exit', (code, signal) => resolve({ code, signal }));
  });
  const lines: LogLine[] = [];
  const url = await untilListening(child, lines);
  const logged = (message: string) => lines.filter(({ msg }) => msg === message);
  return {
    url,
    pid: child.pid as number,
    exited,
    faults: () => logged('fault'),
    logged,
    request: (document, variables) => post(url, document, variables),
    kill: (signal) => void child.kill(signal),
    stop: async () => {
      child.kill('SIGKILL');
      await exited;
    },
  };
}

function untilListening(child: ChildProcess, lines: LogLine[]): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = '';
    const give = (error: Error) => {
      clearTimeout(timeout);
      child.kill('SIGKILL');
      reject(error);
    };
    const timeout = setTimeout(() => give(new Error(`the server did not start: ${said}`)), START_TIMEOUT_MS);
    const note = (line: string) => {
      said = `${said}${line}\n`.slice(-4_000);
    };
    child.once('error', give);
    child.once('exit', (code) => give(new Error(`the server ended (${code}): ${said}`)));
    eachLine(child.stderr, note);
    eachLine(child.stdout, (line) => {
      const logged = line.startsWith('{') ? (JSON.parse(line) as LogLine) : undefined;
      if (logged && logged['msg'] !== 'request' && logged['msg'] !== 'operation') lines.push(logged);
      if (logged?.['msg'] !== 'listening') return note(line);
      clearTimeout(timeout);
      resolve(logged['url'] as string);
    });
  });
}

function eachLine(stream: NodeJS.ReadableStream | null, take: (line: string) => void): void {
  let rest = '';
  stream?.setEncoding('utf8').on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) take(line);
  });
}

/** Sends one request; rejects when the connection ends without an answer. */
async function post(url: string, query: string, variables: Record<string, unknown> = {}): Promise<Reply> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-api-key': DEVELOPMENT_KEY },
    body: JSON.stringify({ query, variables }),
  });
  const { data, errors } = (await response.json()) as Partial<Reply>;
  return { status: response.status, data: data ?? null, errors: errors ?? [] };
}

/** Looks again and again until it holds what is waited for; the wait is bounded. */
export async function until<T>(
  look: () => T | undefined | false | Promise<T | undefined | false>,
  what: string,
  timeoutMs = 20_000,
): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const seen = await look();
    if (seen !== undefined && seen !== false) return seen;
    if (Date.now() > deadline) throw new Error(`${what} did not happen within ${timeoutMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** Numbers from 0 (inclusive) to 1 (exclusive) that are the same for the same seed (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x100000000;
  };
}
