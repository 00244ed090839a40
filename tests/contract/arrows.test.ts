import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, it } from '@jest/globals';

/** What each folder, or file at the top, may import besides itself and packages. The arrows point one way. */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  main: ['app', 'config', 'database', 'errors', 'graphql', 'log', 'verification', 'workers'],
  workers: ['config', 'log'],
  app: [
    'clock',
    'config',
    'database',
    'db',
    'errors',
    'events',
    'graphql',
    'log',
    'operations',
    'seed',
    'version',
    'webhooks',
  ],
  seed: ['errors', 'operations'],
  database: ['config', 'db', 'errors', 'events', 'ledger', 'migrations', 'webhooks'],
  config: ['decision-settings', 'operations', 'setting-reader', 'webhooks'],
  'decision-settings': ['fraud', 'money', 'operations', 'setting-reader'],
  'setting-reader': ['errors', 'money'],
  graphql: [
    'clock',
    'errors',
    'events',
    'fraud',
    'ids',
    'ledger',
    'log',
    'money',
    'operations',
    'queries',
    'webhooks',
  ],
  webhooks: ['clock', 'db', 'errors', 'events', 'ids', 'ledger', 'money'],
  verification: ['db', 'events', 'ledger'],
  queries: ['db', 'events', 'ids', 'ledger', 'money', 'operations'],
  operations: ['clock', 'db', 'errors', 'events', 'fraud', 'ids', 'ledger', 'local-time', 'money'],
  fraud: ['ledger', 'local-time', 'money'],
  events: ['db', 'ledger'],
  ledger: ['db', 'errors', 'money'],
  db: [],
  money: [],
  errors: ['money'],
  log: [],
  clock: [],
  ids: [],
  'local-time': [],
  version: [],
};

/** Packages that only one folder may know. */
const onlyIn: Readonly<Record<string, readonly string[]>> = {
  'bignumber.js': ['money'],
  luxon: ['local-time'],
  'type-graphql': ['graphql'],
  '@apollo/server': ['graphql'],
  'graphql-ws': ['graphql'],
  fastify: ['graphql'],
  'better-sqlite3': ['db'],
  standardwebhooks: ['webhooks'],
  'ipaddr.js': ['webhooks'],
};

interface Import {
  readonly file: string;
  readonly from: string;
  readonly specifier: string;
}

const IMPORT = /(?:^|\n)\s*(?:import|export)\s[^;]*?from\s+'([^']+)'|(?:^|\n)import\s+'([^']+)'/g;

function unitOf(path: string): string {
  const [first = ''] = path.split('/');
  return first.replace(/\.[jt]s$/, '');
}

const files = readdirSync('src', { recursive: true, encoding: 'utf8' }).filter((name) =>
  name.endsWith('.ts'),
);
const imports: Import[] = files.flatMap((file) =>
  [...readFileSync(join('src', file), 'utf8').matchAll(IMPORT)].map((match) => ({
    file,
    from: unitOf(file),
    specifier: (match[1] ?? match[2]) as string,
  })),
);

function targetOf({ file, specifier }: Import): string {
  const path = relative('src', join('src', dirname(file), specifier));
  return path.startsWith('../') ? unitOf(path.slice(3)) : unitOf(path);
}

describe('the arrows between folders', () => {
  it('know every folder and every file at the top', () => {
    expect([...new Set(files.map(unitOf))].sort()).toEqual(Object.keys(mayImport).sort());
  });

  it('are followed by every import', () => {
    const local = imports.filter(({ specifier }) => specifier.startsWith('.'));
    expect(local.length).toBeGreaterThan(200);
    const wrong = local
      .map((found) => ({ ...found, target: targetOf(found) }))
      .filter(({ from, target }) => target !== from && !mayImport[from]?.includes(target))
      .map(({ file, target }) => `${file} imports ${target}`);
    expect(wrong).toEqual([]);
  });

  it('keep each package where it belongs', () => {
    const wrong = imports
      .filter(({ from, specifier }) => {
        const owner = Object.keys(onlyIn).find(
          (name) => specifier === name || specifier.startsWith(`${name}/`),
        );
        return owner !== undefined && !onlyIn[owner]?.includes(from);
      })
      .map(({ file, specifier }) => `${file} imports ${specifier}`);
    expect(wrong).toEqual([]);
  });

  it('let only the settings read the environment, and only main end the process', () => {
    const sources = files.map((file) => [file, readFileSync(join('src', file), 'utf8')] as const);
    const using = (text: string) =>
      sources.filter(([, source]) => source.includes(text)).map(([file]) => file);
    expect(using('process.env')).toEqual(['config.ts']);
    expect(using('process.exit(')).toEqual(['main.ts']);
  });
});
