import { z } from 'zod';
import type { TokenSettings } from './access/settings.js';
import { type SettingReader, whole } from './setting-reader.js';

const SECRET_BYTES_MIN = 32;
const published = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'];
const shared = ['HS256', 'HS384', 'HS512'];
const text = z.string().min(1).max(2_048);

/** Reads how tokens are checked; `undefined` when neither published keys nor a shared secret is named. */
export function readTokenSettings(reader: SettingReader): TokenSettings | undefined {
  const key = readKey(reader);
  const [allowed, usual] = key && 'secret' in key ? [shared, 'HS256'] : [published, 'RS256,ES256'];
  const algorithms = reader.read('JWT_ALGORITHMS', algorithmsOf(allowed), usual) ?? [];
  const clockToleranceSeconds = reader.read('JWT_CLOCK_TOLERANCE', whole(0, 300), '30') ?? 0;
  const [issuer, audience, rolesClaim] = ['JWT_ISSUER', 'JWT_AUDIENCE', 'JWT_ROLES_CLAIM'].map((name) => {
    const given = reader.read(name, text);
    if (!key && given !== undefined) reader.fail(name, 'has no effect without JWT_JWKS_URL or JWT_SECRET');
    return given;
  });
  if (!key) return undefined;
  if (!issuer) reader.fail('JWT_ISSUER', 'must be set to the `iss` of the tokens that are accepted');
  if (!audience) reader.fail('JWT_AUDIENCE', 'must be set to the `aud` that this API has in tokens');
  return {
    key,
    issuer: issuer ?? '',
    audience: audience ?? '',
    algorithms,
    clockToleranceSeconds,
    rolesClaim: rolesClaim ?? 'roles',
  };
}

function readKey(reader: SettingReader): TokenSettings['key'] | undefined {
  const jwksUrl = reader.read(
    'JWT_JWKS_URL',
    z.string().refine(isTrustworthy, 'must be an https URL, or http on this machine'),
  );
  // Its value must not be told, not even when it is wrong.
  const secret = reader.read('JWT_SECRET', z.string());
  if (secret !== undefined && Buffer.byteLength(secret) < SECRET_BYTES_MIN) {
    reader.fail('JWT_SECRET', `must have at least ${SECRET_BYTES_MIN} bytes`);
  }
  if (secret !== undefined && jwksUrl !== undefined) {
    reader.fail('JWT_SECRET', 'must not be set together with JWT_JWKS_URL: a token is checked in one way');
  }
  if (jwksUrl !== undefined) return { jwksUrl };
  return secret === undefined ? undefined : { secret };
}

/** Whoever could change what is fetched from there could make tokens. */
function isTrustworthy(address: string): boolean {
  if (!URL.canParse(address)) return false;
  const { protocol, hostname, username } = new URL(address);
  const local = ['localhost', '127.0.0.1', '[::1]'].includes(hostname);
  return username === '' && (protocol === 'https:' || (protocol === 'http:' && local));
}

/** Algorithms of one family only: a public key must never pass for a shared secret. */
function algorithmsOf(allowed: readonly string[]) {
  return z
    .string()
    .transform((list) => list.split(',').map((name) => name.trim()))
    .refine(
      (names) => names.every((name) => allowed.includes(name)),
      `must be some of ${allowed.join(', ')}`,
    );
}
