import { randomBytes } from 'node:crypto';

const UUID_PATTERN = /^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const COUNTER_MAX = 0xfff;

const RANDOM_BYTES = 8;
/** Randomness is fetched for many ids at once: asking for a few bytes costs as much as for some thousand. */
const RESERVE_BYTES = 512 * RANDOM_BYTES;

let lastMs = 0;
let counter = 0;
let reserve = Buffer.alloc(0);
let used = 0;

function takeRandom(): Buffer {
  if (used === reserve.length) {
    reserve = randomBytes(RESERVE_BYTES);
    used = 0;
  }
  used += RANDOM_BYTES;
  return reserve.subarray(used - RANDOM_BYTES, used);
}

/**
 * A UUID version 7 (RFC 9562 §5.7): 48 bits of Unix milliseconds, then, in `rand_a`, a counter that keeps the ids of
 * one process ascending within a millisecond (§6.2, method 1), then 62 random bits.
 */
export function newId(at: Date): string {
  const ms = at.getTime();
  if (ms > lastMs) {
    lastMs = ms;
    counter = takeRandom()[0] as number;
  } else if (counter < COUNTER_MAX) {
    counter += 1;
  } else {
    lastMs += 1;
    counter = 0;
  }
  const time = lastMs.toString(16).padStart(12, '0');
  const sequence = counter.toString(16).padStart(3, '0');
  const random = takeRandom();
  random[0] = ((random[0] as number) & 0x3f) | 0x80;
  const tail = random.toString('hex');
  return `${time.slice(0, 8)}-${time.slice(8)}-7${sequence}-${tail.slice(0, 4)}-${tail.slice(4)}`;
}

/** Whether `text` has the shape of an id that this server gives out; anything else cannot exist. */
export function isId(text: string): boolean {
  return UUID_PATTERN.test(text);
}
