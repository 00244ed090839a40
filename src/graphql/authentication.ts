import { createHash, timingSafeEqual } from 'node:crypto';
import { GraphQLError } from 'graphql';

/** Who asks. */
export interface Principal {
  readonly kind: 'SERVICE';
  /** A name that may be kept and logged; never the credential itself. */
  readonly id: string;
}

export type Authenticate = (apiKey: string | undefined) => Principal | undefined;

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/** Knows callers by the keys of the configuration; every key is compared whole, in the same time. */
export function createAuthenticate(apiKeys: readonly string[]): Authenticate {
  const known = apiKeys.map((key, index) => ({ id: `api-key:${index + 1}`, hash: digest(key) }));
  return (apiKey) => {
    if (!apiKey) return undefined;
    const hash = digest(apiKey);
    let found: Principal | undefined;
    for (const key of known) {
      if (timingSafeEqual(key.hash, hash)) found = { kind: 'SERVICE', id: key.id };
    }
    return found;
  };
}

export function unauthenticated(): GraphQLError {
  return new GraphQLError('Send a valid key in the header X-API-Key.', {
    extensions: { code: 'UNAUTHENTICATED', http: { status: 401 } },
  });
}
