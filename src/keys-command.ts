import { parseArgs } from 'node:util';
import type { MikroORM } from '@mikro-orm/core';
import type { ApiKey } from './access/api-key.js';
import { createKey, type KeyDependencies, type MadeKey, revokeKey, rotateKey } from './access/change-key.js';
import { listKeys } from './access/list-keys.js';
import { commandLine } from './access/principal.js';
import { type Scope, scopes } from './access/scopes.js';
import { systemClock } from './clock.js';
import { ConfigError, DomainError } from './errors.js';
import { createAnnouncements } from './events/announce.js';

const DAY_MS = 86_400_000;
const actor = { ...commandLine, scopes: new Set(scopes) };

const USAGE = `npm run keys -- list
npm run keys -- create --name <what for> --scope <scope> [--scope <scope> …] [--expires-in-days <days>]
npm run keys -- rotate <id> [--overlap-hours <0–168, 24 by default>]
npm run keys -- revoke <id>
Scopes: ${scopes.join(', ')}; or all.`;

/** Makes, lists, rotates and revokes API keys in the database itself; returns what to print. */
export async function keysCommand(orm: MikroORM, args: readonly string[]): Promise<string> {
  const fail = (error: unknown) => {
    throw error;
  };
  const { announce } = createAnnouncements(orm, fail);
  const auditLog = { announce, onAppended: () => undefined };
  const dependencies: KeyDependencies = {
    orm,
    clock: systemClock,
    auditLog,
    onChanged: async () => undefined,
  };
  const { values, positionals } = read(args);
  const [verb = '', id = ''] = positionals;
  const verbs: Readonly<Record<string, () => Promise<string>>> = {
    list: async () => (await listKeys(orm.em)).map(describe).join('\n') || 'There are no API keys.',
    create: async () => {
      const input = {
        name: values.name ?? '',
        scopes: readScopes(values.scope ?? []),
        expiresAt: readExpiry(values),
      };
      return tell(await createKey(dependencies, input, actor));
    },
    rotate: async () => tell(await rotateKey(dependencies, id, readHours(values['overlap-hours']), actor)),
    revoke: async () => `Revoked: ${describe(await revokeKey(dependencies, id, actor))}`,
  };
  const run = Object.hasOwn(verbs, verb) ? verbs[verb] : undefined;
  if (!run) throw new ConfigError(USAGE);
  return run().catch((error: unknown) => {
    throw error instanceof DomainError ? new ConfigError(`${error.message}\n${USAGE}`) : error;
  });
}

function read(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        name: { type: 'string' },
        scope: { type: 'string', multiple: true },
        'expires-in-days': { type: 'string' },
        'overlap-hours': { type: 'string', default: '24' },
      },
    });
  } catch (error) {
    throw new ConfigError(`${(error as Error).message}\n${USAGE}`);
  }
}

function readScopes(words: readonly string[]): readonly Scope[] {
  if (words.includes('all')) return scopes;
  const unknown = words.find((word) => !(scopes as readonly string[]).includes(word));
  if (unknown) throw new ConfigError(`There is no scope ${unknown}.\n${USAGE}`);
  return words as readonly Scope[];
}

function readExpiry(values: { readonly 'expires-in-days'?: string }): Date | undefined {
  const days = values['expires-in-days'];
  if (days === undefined) return undefined;
  if (!/^[1-9][0-9]{0,4}$/.test(days)) throw new ConfigError('--expires-in-days must be from 1 to 99999.');
  return new Date(systemClock.now().getTime() + Number(days) * DAY_MS);
}

function readHours(hours: string): number {
  if (!/^[0-9]{1,3}$/.test(hours)) throw new ConfigError('--overlap-hours must be from 0 to 168.');
  return Number(hours);
}

function describe({ id, name, scopes: allowed, expiresAt, lastUsedAt }: ApiKey): string {
  const expiry = expiresAt ? `expires ${expiresAt.toISOString()}` : 'never expires';
  const use = lastUsedAt ? `last used ${lastUsedAt.toISOString()}` : 'never used';
  return `${id}  ${JSON.stringify(name)}  ${expiry}  ${use}  ${allowed.join(' ')}`;
}

function tell({ apiKey, key }: MadeKey): string {
  return `${describe(apiKey)}\nThe key, told here and never again:\n${key}`;
}
