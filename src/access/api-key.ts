import { createHash, randomBytes } from 'node:crypto';
import { defineEntity, p } from '@mikro-orm/core';
import { WordSetType } from '../db/column-types.js';
import { DomainError } from '../errors.js';
import type { Scope } from './scopes.js';

const SECRET_BYTES = 32;

const ApiKeySchema = defineEntity({
  name: 'ApiKey',
  tableName: 'api_keys',
  properties: {
    id: p.uuid().primary(),
    name: p.string().length(100),
    scopes: p.type(WordSetType).$type<readonly Scope[]>(),
    /** SHA-256 of the key, in hexadecimal: enough for what has 256 random bits. The key itself is kept nowhere. */
    hash: p.string().length(64).unique(),
    /** What the digest was before the key was rotated; recognised beside it until it expires. */
    previousHash: p.string().length(64).strictNullable(),
    previousExpiresAt: p.datetime(3).strictNullable(),
    expiresAt: p.datetime(3).strictNullable(),
    revokedAt: p.datetime(3).strictNullable(),
    lastUsedAt: p.datetime(3).strictNullable(),
    createdBy: p.string().length(128),
    createdAt: p.datetime(3),
    updatedAt: p.datetime(3),
  },
});

/** What a backend is recognised by. */
export class ApiKey extends ApiKeySchema.class {}
ApiKeySchema.setClass(ApiKey);

/** A new key. Its beginning lets scanners of source code find one that leaked. */
export function newKey(): string {
  return `dompet_${randomBytes(SECRET_BYTES).toString('base64url')}`;
}

export function hashKey(key: string): string {
  return createHash('sha256').update(key).digest('hex');
}

export function keyNotFound(id: string): DomainError {
  const message = `There is no API key ${JSON.stringify(id.slice(0, 64))}.`;
  return new DomainError('API_KEY_NOT_FOUND', message, ['input', 'id'], { id });
}
