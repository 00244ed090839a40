import { GENESIS_HASH } from './event.js';

/**
 * A place in the log: after the event at `position`. The beginning of that event's hash goes with it, so that a cursor of
 * another log, or of one that was restored to an earlier day and went on differently, is found out.
 */
export interface Place {
  readonly position: number;
  readonly hash: string;
}

export const START: Place = { position: 0, hash: GENESIS_HASH };

const HASH_DIGITS = 12;
const PATTERN = new RegExp(`^p1:([0-9]{1,15}):([0-9a-f]{${HASH_DIGITS}})$`);

/** Writes a place for clients, to whom it is opaque. */
export function writeCursor({ position, hash }: Place): string {
  return Buffer.from(`p1:${position}:${hash.slice(0, HASH_DIGITS)}`).toString('base64url');
}

/** Reads a cursor back; its hash is only the beginning of one. `undefined` for what this server never gave out. */
export function readCursor(cursor: string): Place | undefined {
  const text = Buffer.from(cursor, 'base64url').toString();
  const [, position, hash] = PATTERN.exec(text) ?? [];
  if (position === undefined || hash === undefined) return undefined;
  // Decoding is lenient: only what encodes back to the same text was written here.
  return Buffer.from(text).toString('base64url') === cursor
    ? { position: Number(position), hash }
    : undefined;
}
