import type { EntityManager } from '@mikro-orm/core';
import { type Place, readCursor } from './cursor.js';
import { Event, GENESIS_HASH } from './event.js';

/** The place that a cursor names, if it is one of this log: the event there must be the one that it was made for. */
export async function findPlace(em: EntityManager, cursor: string): Promise<Place | undefined> {
  const place = readCursor(cursor);
  if (!place) return undefined;
  if (place.position === 0) return GENESIS_HASH.startsWith(place.hash) ? place : undefined;
  const event = await em.fork().findOne(Event, place.position, { fields: ['hash'] });
  return event?.hash.startsWith(place.hash) ? { position: place.position, hash: event.hash } : undefined;
}
