import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type App, buildApp } from '../../src/app.js';
import { DEVELOPMENT_KEY, loadConfig } from '../../src/config.js';
import { createLogger } from '../../src/log.js';
import { FakeClock, NOON, send } from '../support/app.js';
import { databases, type TestDatabase } from '../support/databases.js';
import { until } from '../support/processes.js';

const [sqlite] = databases;
const TOP_UP = `mutation ($key: String!) { createTransaction(input: { userId: "user-001", type: TOP_UP,
  amount: { amount: "1.00", currency: "MYR" }, idempotencyKey: $key }) { userErrors { code } } }`;

describe('the examples', () => {
  let directory: string;
  let database: TestDatabase;
  let app: App;
  const children: ChildProcess[] = [];

  const start = async (port: string) => {
    const environment = { NODE_ENV: 'test', PORT: port, DATABASE_URL: database.url, LOG_LEVEL: 'silent' };
    app = await buildApp(loadConfig(environment), {
      clock: new FakeClock(NOON),
      log: createLogger('silent'),
    });
  };
  const run = (file: string, ...args: string[]) => {
    const child = spawn(process.execPath, [resolve(file), ...args], {
      cwd: directory,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    children.push(child);
    const lines: string[] = [];
    createInterface({ input: child.stdout as NodeJS.ReadableStream }).on('line', (line) => lines.push(line));
    return { child, lines };
  };
  const stop = async (child: ChildProcess) => {
    const exited = once(child, 'exit');
    child.kill();
    await exited;
  };
  const topUp = (key: string) => send(app.url, TOP_UP, { key }, DEVELOPMENT_KEY);

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'dompet-examples-'));
    database = await (sqlite as (typeof databases)[number]).create();
    await start('0');
  });
  afterAll(async () => {
    for (const child of children) if (child.exitCode === null && !child.signalCode) await stop(child);
    await app.close();
    await database.drop();
    await rm(directory, { recursive: true, force: true });
  });

  it('follow a wallet in Node over restarts of the server and of themselves, and miss nothing', async () => {
    const url = `${app.url.replace(/^http/, 'ws')}/graphql`;
    const first = run('examples/follow-in-node.js', 'user-001', url);
    await until(() => first.lines.some((line) => line.startsWith('SNAPSHOT')), 'the snapshot');
    await topUp('a');
    await until(() => first.lines.some((line) => line.startsWith('LIVE')), 'the live change');
    const { port } = new URL(app.url);
    await app.close();
    await until(() => first.lines.some((line) => line.startsWith('disconnected (1012')), 'the disconnection');
    await start(port);
    await topUp('b');
    await until(() => first.lines.filter((line) => / version 3/.test(line)).length === 1, 'what came after');
    await stop(first.child);
    await topUp('c');
    await topUp('d');
    const second = run('examples/follow-in-node.js', 'user-001', url);
    await until(() => second.lines.some((line) => / version 5/.test(line)), 'what came meanwhile');
    const changes = [...first.lines, ...second.lines].filter((line) => / version /.test(line));
    expect(changes.map((line) => line.replace(/^(LIVE|REPLAY)/, 'EVENT'))).toEqual([
      'SNAPSHOT version 1: 1000.00 MYR (nothing missed)',
      'EVENT version 2: 1001.00 MYR by 1.00 (nothing missed)',
      'EVENT version 3: 1002.00 MYR by 1.00 (nothing missed)',
      'EVENT version 4: 1003.00 MYR by 1.00 (nothing missed)',
      'EVENT version 5: 1004.00 MYR by 1.00 (nothing missed)',
    ]);
  });

  it('serve the page for a browser with all that it imports, and nothing else', async () => {
    const { lines } = run('examples/serve-browser.js', '0');
    await until(() => lines.length > 0, 'the address');
    const address = /http:\S+/.exec(lines[0] as string)?.[0] as string;
    const get = async (path: string) => {
      const response = await fetch(`${address}${path}`);
      return { status: response.status, text: await response.text() };
    };
    const page = await get('/');
    expect(page.text).toContain("import { follow } from '/follow.js'");
    expect((await get('/follow.js')).text).toContain('export function follow');
    const library = await get('/graphql-ws/client.js');
    expect(library.text).toContain('createClient');
    for (const [, file] of library.text.matchAll(/from '\.\/([^']+)'/g)) {
      expect((await get(`/graphql-ws/${file}`)).status).toBe(200);
    }
    expect((await get('/package.json')).status).toBe(404);
    expect((await get('/graphql-ws/..%2f..%2fpackage.json')).status).toBe(404);
  });
});
