import { createRemoteJWKSet, errors, type JWTPayload, type JWTVerifyOptions, jwtVerify } from 'jose';
import type { Clock } from '../clock.js';
import { OverloadedError } from '../errors.js';
import { AccessError, type Principal } from './principal.js';
import { roleScopes } from './scopes.js';
import type { TokenSettings } from './settings.js';

const JWKS_TIMEOUT_MS = 5_000;
const JWKS_MAX_AGE_MS = 600_000;
/** A key that is not known yet may be asked for this often: how soon a rotated key is found. */
const JWKS_COOLDOWN_MS = 10_000;
/** What a token's subject may look like, so that it can be kept and logged. */
const SUBJECT = /^[\x21-\x7e]{1,100}$/;

export type ReadToken = (token: string) => Promise<Principal>;

/**
 * Reads JSON Web Tokens (RFC 7519, checked as RFC 8725 recommends): the signature by one of the allowed algorithms and no
 * other, issuer, audience, expiry and subject. A token without a role is a customer's, whose `sub` is the user's id.
 */
export function createTokenReader(settings: TokenSettings, clock: Clock): ReadToken {
  const options = (): JWTVerifyOptions => ({
    issuer: settings.issuer,
    audience: settings.audience,
    algorithms: [...settings.algorithms],
    clockTolerance: settings.clockToleranceSeconds,
    requiredClaims: ['exp', 'sub'],
    currentDate: clock.now(),
  });
  const verify = createVerify(settings.key);
  return async (token) => {
    const payload = await verify(token, options).catch((error: unknown) => {
      throw toAccessError(error);
    });
    return principalOf(payload, settings);
  };
}

type Verify = (token: string, options: () => JWTVerifyOptions) => Promise<JWTPayload>;

function createVerify(key: TokenSettings['key']): Verify {
  if ('secret' in key) {
    const secret = new TextEncoder().encode(key.secret);
    return async (token, options) => (await jwtVerify(token, secret, options())).payload;
  }
  const published = createRemoteJWKSet(new URL(key.jwksUrl), {
    timeoutDuration: JWKS_TIMEOUT_MS,
    cacheMaxAge: JWKS_MAX_AGE_MS,
    cooldownDuration: JWKS_COOLDOWN_MS,
  });
  return async (token, options) => (await jwtVerify(token, published, options())).payload;
}

/** What is wrong with a token is told in general: the caller has to get another one anyway. */
function toAccessError(error: unknown): Error {
  if (error instanceof errors.JWTExpired)
    return new AccessError('UNAUTHENTICATED', 'The token has expired: get a new one.', false);
  const unreachable =
    error instanceof errors.JWKSTimeout ||
    error instanceof errors.JWKSInvalid ||
    !(error instanceof errors.JOSEError);
  // jose gives what a publisher answers instead of keys its general code.
  if (unreachable || error.code === 'ERR_JOSE_GENERIC') {
    return new OverloadedError('The keys that tokens are checked with cannot be read now. Call again later.');
  }
  return new AccessError(
    'UNAUTHENTICATED',
    'The token is not valid here: get one for this API from its issuer.',
  );
}

function principalOf(payload: JWTPayload, { rolesClaim, clockToleranceSeconds }: TokenSettings): Principal {
  const { sub = '', exp = 0 } = payload;
  if (!SUBJECT.test(sub))
    throw new AccessError('UNAUTHENTICATED', 'The token names no subject that can be kept.');
  const roles = rolesOf(payload[rolesClaim]);
  const kind = (['ADMIN', 'ANALYST'] as const).find((role) => roles.has(role)) ?? 'CUSTOMER';
  return {
    kind,
    id: `${kind.toLowerCase()}:${sub}`,
    scopes: new Set(roleScopes[kind]),
    ...(kind === 'CUSTOMER' && { ownUserId: sub }),
    expiresAt: new Date((exp + clockToleranceSeconds) * 1_000),
  };
}

/** Roles as a list or as one text with spaces between them, in whatever case. */
function rolesOf(claim: unknown): ReadonlySet<string> {
  const words = Array.isArray(claim) ? claim : typeof claim === 'string' ? claim.split(' ') : [];
  return new Set(words.filter((word) => typeof word === 'string').map((word: string) => word.toUpperCase()));
}
