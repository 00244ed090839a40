import { GraphQLError } from 'graphql';
import type { Access, Credentials } from '../access/access.js';
import { AccessError, type Principal } from '../access/principal.js';
import { OverloadedError } from '../errors.js';
import type { RateLimits } from '../limits/rate-limits.js';
import { findUnavailability } from '../operations/unavailable.js';
import { rateLimited } from './admission.js';

const BEARER = /^bearer +([^ ]+) *$/i;

/** What a caller shows in the headers, or in the parameters of a WebSocket under the same names in whatever case. */
function credentialsOf(given: Readonly<Record<string, unknown>> | undefined): Credentials {
  const find = (name: string) => {
    const value = Object.entries(given ?? {}).find(([key]) => key.toLowerCase() === name)?.[1];
    return typeof value === 'string' && value !== '' ? value : undefined;
  };
  const authorization = find('authorization');
  // Whatever else stands there is no token, and must not pass for none.
  const token = authorization === undefined ? undefined : (BEARER.exec(authorization)?.[1] ?? '');
  return { apiKey: find('x-api-key'), token };
}

/** Who comes in with what is given, from an address: the same for both transports. */
export type Enter = (
  given: Readonly<Record<string, unknown>> | undefined,
  address: string,
) => Promise<Principal>;

/** An address that has sent too many wrong credentials is not listened to, whatever it shows. */
export function createDoor(access: Access, limits: RateLimits): Enter {
  return async (given, address) => {
    const blocked = limits.blocked(address);
    if (blocked) throw rateLimited([blocked]);
    const credentials = credentialsOf(given);
    try {
      return await access.authenticate(credentials);
    } catch (error) {
      const shown = credentials.apiKey !== undefined || credentials.token !== undefined;
      if (shown && error instanceof AccessError && error.isGuess) await limits.failedAuthentication(address);
      throw error;
    }
  };
}

/** Why nobody was recognised, as GraphQL over HTTP tells it. */
export function refuseAccess(error: unknown): unknown {
  const overload = error instanceof OverloadedError ? error : findUnavailability(error);
  if (overload) {
    return new GraphQLError(overload.message, {
      originalError: overload,
      extensions: { http: { status: 503 } },
    });
  }
  if (!(error instanceof AccessError)) return error;
  const status = error.code === 'FORBIDDEN' ? 403 : 401;
  return new GraphQLError(error.message, { extensions: { code: error.code, http: { status } } });
}
