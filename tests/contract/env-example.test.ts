import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { loadConfig } from '../../src/config.js';
import { ConfigError } from '../../src/errors.js';

const lines = readFileSync('.env.example', 'utf8').split('\n');
const settings = lines.flatMap((line, index) => {
  const [, name, value] = /^#([A-Z][A-Z0-9_]*)=(.*)$/.exec(line) ?? [];
  return name === undefined || value === undefined ? [] : [{ name, value, above: lines[index - 1] ?? '' }];
});
const example = Object.fromEntries(settings.map(({ name, value }) => [name, value]));

/** The variables that loading the configuration looks at when none is set. */
function namesRead(): string[] {
  const names = new Set<string>();
  const environment = new Proxy<Record<string, string>>(
    {},
    {
      get: (_target, name) => {
        names.add(String(name));
        return undefined;
      },
    },
  );
  loadConfig(environment);
  return [...names].sort();
}

/** What becomes of the configuration when one variable has a value that none of them means well. */
function outcomeOf(name: string): string {
  try {
    const changed = loadConfig({ [name]: '?' });
    return JSON.stringify(changed, bigintAsText) === JSON.stringify(loadConfig({}), bigintAsText)
      ? 'ignored'
      : 'read';
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.message.startsWith(`${name} `) ? 'read' : error.message;
  }
}

const bigintAsText = (_key: string, value: unknown) => (typeof value === 'bigint' ? String(value) : value);

describe('.env.example', () => {
  it('names every variable that the configuration reads, once, and no other', () => {
    expect(settings.map(({ name }) => name).sort()).toEqual(namesRead());
  });

  it('shows the default values', () => {
    expect(loadConfig(example)).toEqual(loadConfig({}));
    expect(settings.filter(({ value }) => value === '').map(({ name }) => name)).toEqual([
      'API_KEY',
      'JWT_JWKS_URL',
      'JWT_SECRET',
      'JWT_ISSUER',
      'JWT_AUDIENCE',
      'JWT_ROLES_CLAIM',
      'TRUSTED_DOCUMENTS',
      'METRICS_PORT',
      'OTEL_EXPORTER_OTLP_ENDPOINT',
      'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT',
      'OTEL_TRACES_EXPORTER',
    ]);
  });

  it.each(settings)('shows a name that is really read: $name', ({ name }) => {
    expect(outcomeOf(name)).toBe('read');
  });

  it('says what each variable means', () => {
    const bare = settings.filter(({ above }) => !/^#[ A-Z]/.test(above)).map(({ name }) => name);
    expect(bare).toEqual([]);
  });

  it('sets nothing when it is copied as it is', () => {
    expect(lines.filter((line) => line !== '' && !line.startsWith('#'))).toEqual([]);
  });
});
