import { GraphQLError } from 'graphql';
import type { Credentials } from '../access/access.js';
import { AccessError } from '../access/principal.js';
import { OverloadedError } from '../errors.js';
import { findUnavailability } from '../operations/unavailable.js';

const BEARER = /^bearer +([^ ]+) *$/i;

/** What a caller shows in the headers, or in the parameters of a WebSocket under the same names in whatever case. */
export function credentialsOf(given: Readonly<Record<string, unknown>> | undefined): Credentials {
  const find = (name: string) => {
    const value = Object.entries(given ?? {}).find(([key]) => key.toLowerCase() === name)?.[1];
    return typeof value === 'string' && value !== '' ? value : undefined;
  };
  const authorization = find('authorization');
  // Whatever else stands there is no token, and must not pass for none.
  const token = authorization === undefined ? undefined : (BEARER.exec(authorization)?.[1] ?? '');
  return { apiKey: find('x-api-key'), token };
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
