import { createHash } from 'node:crypto';
import type { EventRow } from './event.js';

/** What of an event is hashed: all but the hash itself. */
export type Unhashed = Omit<EventRow, 'hash'>;

/**
 * SHA-256, in hexadecimal, over the previous event's hash and this event's values as one JSON array, so that no two
 * different events are ever hashed as the same bytes.
 */
export function hashEvent(previousHash: string, event: Unhashed): string {
  const { position, userId, version, type, transactionId, occurredAt, payload } = event;
  const values = [
    previousHash,
    position,
    userId,
    version,
    type,
    transactionId,
    occurredAt.toISOString(),
    payload,
  ];
  return createHash('sha256').update(JSON.stringify(values)).digest('hex');
}
