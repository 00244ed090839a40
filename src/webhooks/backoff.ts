const BASE_MS = 1_000;
const DELAY_MS_MAX = 3_600_000;

/**
 * How long to wait after the given number of failed attempts: a random part of 2 s, 4 s, 8 s and so on up to an hour
 * ("full jitter"), so that what failed together does not come back together. `random` is from 0 to 1.
 */
export function retryDelayMs(failures: number, random: number): number {
  return Math.round(random * Math.min(DELAY_MS_MAX, BASE_MS * 2 ** failures));
}
