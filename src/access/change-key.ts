import { type EntityManager, LockMode, type MikroORM } from '@mikro-orm/core';
import type { Clock } from '../clock.js';
import { inTransaction } from '../db/transaction.js';
import { inputError } from '../errors.js';
import { type AuditLog, appendAction } from '../events/audit.js';
import { EventLogHead, type EventRow, type EventType, HEAD_ID } from '../events/event.js';
import { isId, newId } from '../ids.js';
import { checkOverlap } from '../overlap.js';
import { ApiKey, hashKey, keyNotFound, newKey } from './api-key.js';
import { checkKeyName, checkScopes } from './check-key.js';
import type { Principal } from './principal.js';
import type { Scope } from './scopes.js';

const KEYS_MAX = 1_000;

export interface KeyDependencies {
  readonly orm: MikroORM;
  readonly clock: Clock;
  readonly auditLog: AuditLog;
  /** Told that keys have changed, before whoever changed them is answered. */
  readonly onChanged: () => Promise<void>;
}

export interface CreateKeyInput {
  readonly name: string;
  readonly scopes: readonly Scope[];
  readonly expiresAt?: Date | null | undefined;
}

/** A key as it is kept, and itself, which is told this once. */
export interface MadeKey {
  readonly apiKey: ApiKey;
  readonly key: string;
}

type Actor = Pick<Principal, 'id' | 'scopes'>;

/** Makes a key with some of the scopes that whoever asks has. */
export async function createKey(
  dependencies: KeyDependencies,
  input: CreateKeyInput,
  actor: Actor,
): Promise<MadeKey> {
  const name = checkKeyName(input.name);
  const scopes = checkScopes(input.scopes, actor.scopes);
  const { orm, clock } = dependencies;
  const em = orm.em.fork();
  const key = newKey();
  const apiKey = await committed(
    dependencies,
    em,
    async () => {
      // Its lock also makes creations wait for each other, so that no two of them count the same.
      await em.findOneOrFail(EventLogHead, HEAD_ID, { lockMode: LockMode.PESSIMISTIC_WRITE });
      if ((await em.count(ApiKey, { revokedAt: null })) >= KEYS_MAX) {
        throw inputError(
          'API_KEY_LIMIT_REACHED',
          `There are ${KEYS_MAX} API keys already; revoke one first.`,
          ['input'],
        );
      }
      const now = clock.now();
      if (input.expiresAt && input.expiresAt <= now) {
        throw inputError('INVALID_EXPIRY', 'expiresAt must be in the future.', ['input', 'expiresAt']);
      }
      const made = Object.assign(new ApiKey(), {
        id: newId(now),
        name,
        scopes,
        hash: hashKey(key),
        previousHash: null,
        previousExpiresAt: null,
        expiresAt: input.expiresAt ?? null,
        revokedAt: null,
        lastUsedAt: null,
        createdBy: actor.id,
        createdAt: now,
        updatedAt: now,
      });
      em.persist(made);
      return ['API_KEY_CREATED', made];
    },
    actor,
  );
  return { apiKey, key };
}

/** Gives a key a new secret; the old one goes on being recognised for as long as its users need to change over. */
export async function rotateKey(
  dependencies: KeyDependencies,
  id: string,
  overlapHours: number,
  actor: Actor,
): Promise<MadeKey> {
  const overlapMs = checkOverlap(overlapHours);
  const key = newKey();
  const apiKey = await changeKey(dependencies, id, 'API_KEY_ROTATED', actor, (found, now) => {
    // Whoever is told a key may use it, so that it must not be able to do more than they.
    checkScopes(found.scopes, actor.scopes);
    Object.assign(found, {
      previousHash: overlapMs > 0 ? found.hash : null,
      previousExpiresAt: overlapMs > 0 ? new Date(now.getTime() + overlapMs) : null,
      hash: hashKey(key),
    });
  });
  return { apiKey, key };
}

/** Ends a key for good, its predecessor included. */
export function revokeKey(dependencies: KeyDependencies, id: string, actor: Actor): Promise<ApiKey> {
  return changeKey(dependencies, id, 'API_KEY_REVOKED', actor, (found, now) => {
    Object.assign(found, { revokedAt: now, previousHash: null, previousExpiresAt: null });
  });
}

function changeKey(
  dependencies: KeyDependencies,
  id: string,
  type: EventType,
  actor: Actor,
  change: (found: ApiKey, now: Date) => void,
): Promise<ApiKey> {
  const em = dependencies.orm.em.fork();
  return committed(
    dependencies,
    em,
    async () => {
      const key = id.toLowerCase();
      const lockMode = LockMode.PESSIMISTIC_WRITE;
      const found = isId(key) ? await em.findOne(ApiKey, key, { lockMode }) : null;
      if (!found) throw keyNotFound(id);
      if (found.revokedAt) {
        throw inputError('API_KEY_REVOKED', 'This key was revoked, for good; make another one.', [
          'input',
          'id',
        ]);
      }
      const now = dependencies.clock.now();
      change(found, now);
      found.updatedAt = now;
      return [type, found];
    },
    actor,
  );
}

/** Commits a change of a key together with the event that tells of it. */
async function committed(
  { clock, auditLog, onChanged }: KeyDependencies,
  em: EntityManager,
  work: () => Promise<readonly [EventType, ApiKey]>,
  actor: Actor,
): Promise<ApiKey> {
  let events: readonly EventRow[] = [];
  const apiKey = await inTransaction(em, async () => {
    const [type, changed] = await work();
    const about = { id: changed.id, scopes: changed.scopes };
    events = await appendAction(em, auditLog, type, clock.now(), { apiKey: about, actor: actor.id });
    return changed;
  });
  auditLog.onAppended(events);
  await onChanged();
  return apiKey;
}
