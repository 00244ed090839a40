import type { MikroORM } from '@mikro-orm/core';
import type { Clock } from '../clock.js';
import { isUserId, User } from '../ledger/user.js';
import { hashKey } from './api-key.js';
import { KeyDirectory } from './key-directory.js';
import { AccessError, type Principal } from './principal.js';
import type { AccessSettings } from './settings.js';
import { createTokenReader, type ReadToken } from './tokens.js';

const CUSTOMERS_PER_QUERY = 500;

/** What a caller shows: a key, or a token. */
export interface Credentials {
  readonly apiKey?: string | undefined;
  readonly token?: string | undefined;
}

export interface AccessDependencies {
  readonly orm: MikroORM;
  readonly clock: Clock;
  readonly settings: AccessSettings;
  readonly onFault: (error: unknown) => void;
}

/** Who comes in, and who still may stay. */
export class Access {
  readonly keys: KeyDirectory;
  readonly #readToken: ReadToken | undefined;

  constructor(private readonly dependencies: AccessDependencies) {
    const { orm, clock, settings, onFault } = dependencies;
    const { apiKeys, tokens, checkIntervalMs: intervalMs } = settings;
    this.keys = new KeyDirectory({ orm, clock, apiKeys, intervalMs, onFault });
    this.#readToken = tokens && createTokenReader(tokens, clock);
  }

  start(): Promise<void> {
    return this.keys.start();
  }

  close(): Promise<void> {
    return this.keys.close();
  }

  /** Who shows these credentials. Throws an `AccessError` when they are not good, or good for nothing here. */
  async authenticate({ apiKey, token }: Credentials): Promise<Principal> {
    if (apiKey !== undefined && token !== undefined) {
      throw new AccessError('UNAUTHENTICATED', 'Send a key or a token, not both.');
    }
    if (token !== undefined) return this.#recognise(token);
    const principal = apiKey === undefined ? undefined : this.keys.find(hashKey(apiKey));
    if (!principal) throw new AccessError('UNAUTHENTICATED', this.#whatToSend());
    return principal;
  }

  /** Those of the given principals whose authority has ended since they came in. */
  async findEnded(principals: ReadonlySet<Principal>): Promise<ReadonlySet<Principal>> {
    const now = this.dependencies.clock.now();
    const ended = new Set<Principal>();
    const customers: Principal[] = [];
    for (const principal of principals) {
      const { keyHash, expiresAt, ownUserId } = principal;
      if (keyHash === undefined ? expiresAt && expiresAt <= now : !this.keys.find(keyHash))
        ended.add(principal);
      else if (ownUserId !== undefined) customers.push(principal);
    }
    const active = await this.#findActive(new Set(customers.map(({ ownUserId }) => ownUserId as string)));
    for (const customer of customers) if (!active.has(customer.ownUserId as string)) ended.add(customer);
    return ended;
  }

  async #recognise(token: string): Promise<Principal> {
    if (!this.#readToken) throw new AccessError('UNAUTHENTICATED', this.#whatToSend());
    const principal = await this.#readToken(token);
    const { ownUserId } = principal;
    if (ownUserId !== undefined && !(await this.#findActive(new Set([ownUserId]))).has(ownUserId)) {
      throw new AccessError('FORBIDDEN', 'There is no active user for this token.');
    }
    return principal;
  }

  async #findActive(ids: ReadonlySet<string>): Promise<ReadonlySet<string>> {
    const em = this.dependencies.orm.em.fork();
    const asked = [...ids].filter(isUserId);
    const active = new Set<string>();
    for (let start = 0; start < asked.length; start += CUSTOMERS_PER_QUERY) {
      const id = { $in: asked.slice(start, start + CUSTOMERS_PER_QUERY) };
      const users = await em.find(
        User,
        { id, status: 'ACTIVE' },
        { fields: ['id'], disableIdentityMap: true },
      );
      for (const user of users) active.add(user.id);
    }
    return active;
  }

  #whatToSend(): string {
    const orToken = this.#readToken ? ', or a valid token in Authorization: Bearer' : '';
    return `Send a valid key in the header X-API-Key${orToken}.`;
  }
}
