import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import Database from 'better-sqlite3';
import { startApp, type TestApp } from '../support/app.js';
import { type DatabaseKind, databases } from '../support/databases.js';

interface Block {
  readonly language: string;
  readonly text: string;
}

const run = promisify(execFile);
const readme = readFileSync('README.md', 'utf8');

function sectionOf(title: string): string {
  const [, section] = readme.split(`\n## ${title}\n`);
  if (section === undefined) throw new Error(`the README has no section ${title}`);
  return section.split('\n## ')[0] as string;
}

function blocksOf(section: string): Block[] {
  return [...section.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].map(([, language = '', text = '']) => ({
    language,
    text,
  }));
}

/** Each command of a section with the answer that the README shows right after it. */
function examplesOf(title: string): Array<{ command: string; shown: string }> {
  const blocks = blocksOf(sectionOf(title));
  return blocks.flatMap(({ language, text }, index) => {
    const next = blocks[index + 1];
    if (language !== 'bash') return [];
    if (next?.language !== 'json') throw new Error(`no answer is shown for: ${text}`);
    return [{ command: text, shown: next.text }];
  });
}

/** Reads answers with their ids numbered in the order of their first appearance, without instants and what they cost. */
function answerReader(): (json: string) => unknown {
  const ids: string[] = [];
  return (json) =>
    JSON.parse(json, (key, value) => {
      if (key === 'extensions' && value.cost) return undefined;
      if (typeof value !== 'string') return value;
      if (/^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(value)) return 'an instant';
      if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(value)) return value;
      if (!ids.includes(value)) ids.push(value);
      return `id ${ids.indexOf(value) + 1}`;
    });
}

describe('the README on a fresh start', () => {
  let test: TestApp;
  beforeAll(async () => {
    test = await startApp(databases[0] as DatabaseKind, { SEED_DEMO_DATA: 'true' });
  });
  afterAll(() => test.close());

  const here = (command: string) => command.replaceAll('localhost:4000', new URL(test.app.url).host);
  const bash = async (command: string) =>
    (await run('bash', ['-euo', 'pipefail', '-c', here(command)])).stdout;

  it('answers every first query as shown', async () => {
    const examples = examplesOf('First queries');
    expect(examples.length).toBe(7);
    const [readShown, readGiven] = [answerReader(), answerReader()];
    for (const { command, shown } of examples) {
      expect({ command, answer: readGiven(await bash(command)) }).toEqual({
        command,
        answer: readShown(shown),
      });
    }
  });

  it('leaves what it says: the opening balance as the fourth transaction, and two more users', async () => {
    const { data } = await test.graphql(`{
      transactions(userId: "user-001") { nodes { type amount { amount } } }
      second: user(id: "user-002") { currency }
      third: user(id: "user-003") { currency }
    }`);
    expect(data.transactions.nodes[3]).toEqual({ type: 'TOP_UP', amount: { amount: '1000.00' } });
    expect(data.transactions.nodes.length).toBe(4);
    expect([data.second.currency, data.third.currency]).toEqual(['SGD', 'USD']);
  });

  it('refuses the key with another input, with the code that it names', async () => {
    const { data } = await test.graphql(`mutation { createTransaction(input: { userId: "user-001",
      amount: { amount: "45.51", currency: "MYR" }, merchantName: "Kopi Corner", merchantCategory: "food_and_drink",
      idempotencyKey: "breakfast-1" }) { transaction { id } userErrors { code } } }`);
    expect(data.createTransaction).toEqual({
      transaction: null,
      userErrors: [{ code: 'IDEMPOTENCY_KEY_REUSED' }],
    });
    expect(sectionOf('First queries')).toContain('IDEMPOTENCY_KEY_REUSED');
  });

  it('prints the wallet and then the event that its subscription waits for', async () => {
    const [watch, snapshot, buy, shown] = blocksOf(sectionOf('Subscriptions'));
    const shell = spawn('bash', ['-euo', 'pipefail', '-c', here(watch?.text ?? '')], {
      detached: true,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    try {
      const lines = createInterface({ input: shell.stdout })[Symbol.asyncIterator]();
      expect(JSON.parse((await lines.next()).value ?? '')).toEqual(JSON.parse(snapshot?.text ?? ''));
      expect(answerReader()(await bash(buy?.text ?? ''))).toEqual({
        data: { createTransaction: { transaction: { status: 'COMPLETED' } } },
      });
      expect(JSON.parse((await lines.next()).value ?? '')).toEqual(JSON.parse(shown?.text ?? ''));
    } finally {
      if (shell.exitCode === null) process.kill(-(shell.pid as number), 'SIGINT');
    }
  });

  it('gives a browser Sandbox with the key filled in', async () => {
    const answer = await fetch(`${test.app.url}/graphql`, { headers: { accept: 'text/html' } });
    const page = await answer.text();
    expect(answer.status).toBe(200);
    expect(page).toContain('embeddable-sandbox');
    expect(page).toContain('dev-api-key');
  });

  it('answers every command for operators as shown', async () => {
    const examples = examplesOf('Operate it');
    expect(examples.length).toBe(1);
    for (const { command, shown } of examples) {
      expect(JSON.parse(await bash(command))).toEqual(JSON.parse(shown));
    }
  });
});

describe('the README about running', () => {
  const directory = mkdtempSync(join(tmpdir(), 'dompet-readme-'));
  const environment = { PATH: process.env.PATH, PORT: '0' };
  const command = (name: string) => ({ file: process.execPath, args: ['dist/src/main.js', name] });

  beforeAll(async () => {
    // The same as `npm run build`, to a place of its own.
    copyFileSync('package.json', join(directory, 'package.json'));
    symlinkSync(resolve('node_modules'), join(directory, 'node_modules'));
    const compiler = resolve('node_modules/.bin/tsc');
    await run(compiler, ['-p', 'tsconfig.build.json', '--outDir', join(directory, 'dist')]);
  });
  const finishers: Array<() => unknown> = [];
  afterAll(() => {
    for (const finish of finishers) finish();
    rmSync(directory, { recursive: true, force: true });
  });

  it('shows what a start prints, where the data lies and how it stops', async () => {
    const { file, args } = command('serve');
    const server = spawn(file, args, {
      cwd: directory,
      env: environment,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    finishers.push(() => server.kill('SIGKILL'));
    const exited = once(server, 'exit');
    const shown = blocksOf(sectionOf('Run it')).find(({ language }) => language === 'text')?.text ?? '';
    const printed: string[] = [];
    let url = '';
    for await (const line of createInterface({ input: server.stdout })) {
      if (line.startsWith('  ')) printed.push(line.replaceAll(/(?<=127\.0\.0\.1:)\d+/g, '4000'));
      if (line.includes('Health')) url = new URL(line.replace('Health', '').trim()).origin;
      if (line.includes('X-API-Key')) break;
    }
    server.stdout.resume();
    expect(`${printed.join('\n')}\n`).toBe(shown);
    expect(existsSync(join(directory, 'dompet.db'))).toBe(true);
    // Once it answers, it also listens to signals.
    await fetch(`${url}/health`);
    server.kill('SIGTERM');
    expect(await exited).toEqual([0, null]);
  });

  it.each(['migrate', 'verify'])('has a command that ends well on that data: %s', async (name) => {
    const { file, args } = command(name);
    const { stdout, stderr } = await run(file, args, { cwd: directory, env: environment });
    expect(stderr).toBe('');
    expect(stdout).toMatch(/^\S.*\.\n$/);
  });

  it('has a report, which names a wrong option and exits with status 1', async () => {
    const { file, args } = command('report');
    const asked = [...args, '--user', 'user-001', '--from', '2026-01-01', '--to', '2026-02-01'];
    const { stdout, stderr } = await run(file, asked, { cwd: directory, env: environment });
    expect([stderr, stdout.split('\n')[0]]).toEqual([
      '',
      'Spending of user-001, 2026-01-01 to 2026-02-01 (not included), Asia/Kuala_Lumpur, in MYR',
    ]);
    const refused = run(file, [...asked, '--colour', 'red'], { cwd: directory, env: environment });
    await expect(refused).rejects.toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringContaining('--colour'),
    });
    const other = { ...environment, BASE_CURRENCY: 'EUR', EXCHANGE_RATE_MYR_TO_EUR: '0.2' };
    await expect(run(file, asked, { cwd: directory, env: other })).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^BASE_CURRENCY is EUR, but this database keeps its amounts in MYR/),
    });
  });

  it('has a verification that names the first wrong record and exits with status 1', async () => {
    const database = new Database(join(directory, 'dompet.db'));
    database.exec("update users set posted = posted + 1 where id = 'user-002'");
    database.close();
    const { file, args } = command('verify');
    const verified = run(file, args, { cwd: directory, env: environment });
    await expect(verified).rejects.toMatchObject({ code: 1, stdout: expect.stringContaining('user-002') });
  });

  it('names only scripts that there are', () => {
    const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: object };
    const named = [...readme.matchAll(/npm (?:run )?(?!ci\b|run\b)([a-z]+)/g)].map((match) => match[1]);
    expect([...new Set(named)].sort()).toEqual([
      'bench',
      'build',
      'check',
      'format',
      'keys',
      'migrate',
      'report',
      'schema',
      'serve',
      'start',
      'test',
      'verify',
    ]);
    expect(Object.keys(scripts)).toEqual(expect.arrayContaining(named));
  });
});

describe('the README about settings and files', () => {
  it('shows the defaults of .env.example', () => {
    const rows = [...sectionOf('Configuration').matchAll(/^\| `([A-Z_]+)` \|(?: `([^`]*)`)? \|/gm)];
    expect(rows.length).toBe(11);
    const example = readFileSync('.env.example', 'utf8').split('\n');
    expect(rows.map(([, name, value = '']) => `#${name}=${value}`)).toEqual(
      rows.map(([, name]) => example.find((line) => line.startsWith(`#${name}=`))),
    );
  });

  it.each(['README.md', 'docs/architecture.md'])('points only to files that there are: %s', (file) => {
    const links = [...readFileSync(file, 'utf8').matchAll(/\]\(([^)]+)\)/g)];
    const targets = links.map(([, target = '']) => join(dirname(file), target));
    expect(targets.length).toBeGreaterThan(0);
    expect(targets.filter((target) => !existsSync(target))).toEqual([]);
  });

  it('leads to a page that names every folder and file at the top of src', () => {
    const page = readFileSync('docs/architecture.md', 'utf8');
    const files = readdirSync('src', { recursive: true, encoding: 'utf8' }).filter((name) =>
      name.endsWith('.ts'),
    );
    const units = files.map((name) => `\`${name.replace(/\/.*/, '/')}\``);
    expect([...new Set(units)].filter((unit) => !page.includes(unit))).toEqual([]);
  });

  it('leads to a page that names only files that there are', () => {
    const page = readFileSync('docs/architecture.md', 'utf8');
    const paths = [...page.matchAll(/`([a-z-]+\/[a-z./-]+\.ts)`/g)].map(([, path = '']) => path);
    expect(paths.length).toBeGreaterThan(10);
    const isThere = (path: string) => existsSync(join('src', path)) || existsSync(path);
    expect(paths.filter((path) => !isThere(path))).toEqual([]);
  });
});
