import type { EntityManager } from '@mikro-orm/core';
import { isId } from '../ids.js';
import { ApiKey } from './api-key.js';

/** The keys that are not revoked, oldest first; there are never more than may be made. */
export function listKeys(em: EntityManager): Promise<ApiKey[]> {
  return em.fork().find(ApiKey, { revokedAt: null }, { orderBy: { id: 'asc' } });
}

export async function findKey(em: EntityManager, id: string): Promise<ApiKey | null> {
  const key = id.toLowerCase();
  return isId(key) ? em.fork().findOne(ApiKey, key) : null;
}
