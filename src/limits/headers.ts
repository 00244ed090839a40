import type { NamedStanding } from './rate-limits.js';
import { WINDOW_SECONDS } from './settings.js';

/**
 * The fields `RateLimit-Policy` and `RateLimit` as draft-ietf-httpapi-ratelimit-headers-10 has them: what is allowed in
 * which window, what remains of it, and in how many seconds it is whole again.
 */
export function rateLimitHeaders(
  standings: readonly NamedStanding[],
): ReadonlyArray<readonly [string, string]> {
  if (standings.length === 0) return [];
  const policies = standings.map(({ policy, limit }) => `"${policy}";q=${limit};w=${WINDOW_SECONDS}`);
  const states = standings.map(
    ({ policy, remaining, resetMs }) => `"${policy}";r=${remaining};t=${inSeconds(resetMs)}`,
  );
  return [
    ['ratelimit-policy', policies.join(', ')],
    ['ratelimit', states.join(', ')],
  ];
}

/** As `Retry-After` has it: never before the time has come. */
export function inSeconds(ms: number): number {
  return Math.ceil(ms / 1_000);
}
