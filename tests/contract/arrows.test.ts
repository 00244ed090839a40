import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, it } from '@jest/globals';

/** What each folder, or file at the top, may import besides itself and packages. The arrows point one way. */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  main: [
    'app',
    'config',
    'database',
    'errors',
    'graphql',
    'keys-command',
    'log',
    'report',
    'verification',
    'workers',
  ],
  workers: ['config', 'log'],
  app: [
    'access',
    'clock',
    'config',
    'database',
    'db',
    'edge',
    'events',
    'limits',
    'log',
    'operations',
    'rollups',
    'seed',
    'telemetry',
    'webhooks',
  ],
  edge: ['access', 'config', 'errors', 'graphql', 'limits', 'log', 'version'],
  'keys-command': ['access', 'clock', 'errors', 'events'],
  seed: ['errors', 'operations'],
  database: ['access', 'config', 'db', 'errors', 'events', 'ledger', 'migrations', 'rollups', 'webhooks'],
  config: [
    'access',
    'analytics',
    'decision-settings',
    'edge-settings',
    'limits',
    'local-time',
    'operations',
    'setting-reader',
    'telemetry',
    'telemetry-settings',
    'token-settings',
    'webhooks',
  ],
  'token-settings': ['access', 'setting-reader'],
  'telemetry-settings': ['setting-reader', 'telemetry'],
  'decision-settings': ['fraud', 'money', 'operations', 'setting-reader'],
  'edge-settings': ['setting-reader'],
  'setting-reader': ['errors', 'money'],
  graphql: [
    'access',
    'analytics',
    'clock',
    'errors',
    'events',
    'export',
    'fraud',
    'ids',
    'ledger',
    'limits',
    'local-time',
    'log',
    'money',
    'operations',
    'queries',
    'rollups',
    'webhooks',
  ],
  access: ['clock', 'db', 'errors', 'events', 'ids', 'ledger', 'overlap'],
  limits: ['db'],
  telemetry: ['clock', 'db', 'errors', 'events', 'graphql', 'operations', 'version', 'webhooks'],
  webhooks: ['clock', 'db', 'errors', 'events', 'ids', 'ledger', 'money', 'overlap'],
  report: ['analytics', 'errors', 'ledger', 'local-time', 'money'],
  verification: ['db', 'events', 'ledger', 'rollups'],
  analytics: ['db', 'fraud', 'ledger', 'local-time', 'money', 'rollups'],
  rollups: ['db', 'events', 'ledger', 'local-time'],
  export: ['ledger', 'money', 'queries'],
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
  overlap: ['errors'],
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
  '@fastify/cors': ['graphql'],
  helmet: ['graphql'],
  'better-sqlite3': ['db'],
  jose: ['access'],
  'csv-stringify': ['export'],
  standardwebhooks: ['webhooks'],
  'ipaddr.js': ['limits', 'webhooks'],
  'rate-limiter-flexible': ['limits'],
  'prom-client': ['telemetry'],
  '@opentelemetry': ['telemetry'],
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
