import type { MikroORM } from '@mikro-orm/core';
import type { Clock } from '../clock.js';
import { query } from '../db/dialect.js';
import { ApiKey, hashKey } from './api-key.js';
import type { Principal } from './principal.js';
import { scopes } from './scopes.js';

interface KnownKey {
  readonly principal: Principal;
  /** The row that its use is noted on; absent for a key of the configuration. */
  readonly rowId?: string;
}

export interface KeyDirectoryDependencies {
  readonly orm: MikroORM;
  readonly clock: Clock;
  /** Keys of the configuration: they may do everything and never expire. */
  readonly apiKeys: readonly string[];
  readonly intervalMs: number;
  readonly onFault: (error: unknown) => void;
}

/** A key's last use is written down to the minute. */
const NOTE_INTERVAL_MS = 60_000;

/**
 * All keys that are recognised, held in memory by their digests: a wrong key and a right one are hashed and looked up
 * alike, and neither waits for the database. What other servers change is read at every interval.
 */
export class KeyDirectory {
  readonly #configured: ReadonlyMap<string, KnownKey>;
  #stored: ReadonlyMap<string, KnownKey> = new Map();
  #used = new Map<string, Date>();
  #notedAt = 0;
  #loading: Promise<void> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;
  #tick: Promise<void> = Promise.resolve();

  constructor(private readonly dependencies: KeyDirectoryDependencies) {
    this.#configured = new Map(
      dependencies.apiKeys.map((key, index) => {
        const keyHash = hashKey(key);
        const id = `api-key:${index + 1}`;
        return [keyHash, { principal: { kind: 'SERVICE', id, scopes: new Set(scopes), keyHash } }];
      }),
    );
  }

  async start(): Promise<void> {
    await this.load();
    const { intervalMs, onFault } = this.dependencies;
    this.#timer = setInterval(() => {
      this.#tick = this.#noteUses(NOTE_INTERVAL_MS)
        .then(() => this.load())
        .catch(onFault);
    }, intervalMs);
    this.#timer.unref();
  }

  /** Whose key this is, by its digest; `undefined` for one that is unknown, expired or revoked. */
  find(keyHash: string): Principal | undefined {
    const known = this.#configured.get(keyHash) ?? this.#stored.get(keyHash);
    const now = this.dependencies.clock.now();
    if (!known || (known.principal.expiresAt && known.principal.expiresAt <= now)) return undefined;
    if (known.rowId) this.#used.set(known.rowId, now);
    return known.principal;
  }

  /** Reads the keys anew. Each reading begins after the last one has ended, so that none brings back what is gone. */
  load(): Promise<void> {
    this.#loading = this.#loading.catch(() => undefined).then(() => this.#read());
    return this.#loading;
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#tick;
    await this.#noteUses(0).catch(this.dependencies.onFault);
  }

  async #read(): Promise<void> {
    const rows = await this.dependencies.orm.em
      .fork()
      .find(ApiKey, { revokedAt: null }, { disableIdentityMap: true });
    const stored = new Map<string, KnownKey>();
    for (const row of rows) {
      const recognise = (keyHash: string, until: Date | null) => {
        const principal: Principal = {
          kind: 'SERVICE',
          id: `key:${row.id}`,
          scopes: new Set(row.scopes),
          keyHash,
          ...(until && { expiresAt: until }),
        };
        stored.set(keyHash, { principal, rowId: row.id });
      };
      recognise(row.hash, row.expiresAt);
      if (row.previousHash) recognise(row.previousHash, earlier(row.previousExpiresAt, row.expiresAt));
    }
    this.#stored = stored;
  }

  /** Writes down when keys were last used, unless that was done less than an interval ago. */
  async #noteUses(intervalMs: number): Promise<void> {
    const used = this.#used;
    if (used.size === 0 || performance.now() - this.#notedAt < intervalMs) return;
    this.#used = new Map();
    this.#notedAt = performance.now();
    const em = this.dependencies.orm.em.fork();
    for (const [id, at] of used) {
      await query(
        em,
        `update api_keys set last_used_at = ? where id = ? and (last_used_at is null or last_used_at < ?)`,
        [at, id, at],
      );
    }
  }
}

function earlier(one: Date | null, other: Date | null): Date | null {
  if (!one || !other) return one ?? other;
  return one < other ? one : other;
}
