import { createClient } from 'graphql-ws';
import { type JWTPayload, SignJWT } from 'jose';
import { WebSocket } from 'ws';
import { DEVELOPMENT_KEY } from '../../src/config.js';
import type { Answer, TestApp } from './app.js';

const SECRET = 'a secret of thirty-two bytes or more';

/** The settings under which a server takes the tokens made here. */
export const tokenEnvironment = {
  JWT_SECRET: SECRET,
  JWT_ISSUER: 'https://login.example.com',
  JWT_AUDIENCE: 'dompet',
};

export type Headers = Readonly<Record<string, string>>;

/** A token as the login service would sign it, good for an hour unless the claims say otherwise. */
export function tokenFor(test: TestApp, claims: JWTPayload, secret = SECRET): Promise<string> {
  const now = Math.floor(test.clock.now().getTime() / 1_000);
  const payload = {
    iss: tokenEnvironment.JWT_ISSUER,
    aud: tokenEnvironment.JWT_AUDIENCE,
    iat: now,
    exp: now + 3_600,
    ...claims,
  };
  return new SignJWT(payload).setProtectedHeader({ alg: 'HS256' }).sign(new TextEncoder().encode(secret));
}

export async function bearer(test: TestApp, claims: JWTPayload): Promise<Headers> {
  return { authorization: `Bearer ${await tokenFor(test, claims)}` };
}

export const withKey = (key: string = DEVELOPMENT_KEY): Headers => ({ 'x-api-key': key });

/** One request over HTTP by whoever the headers say. */
export async function askAs(
  { app }: Pick<TestApp, 'app'>,
  headers: Headers,
  query: string,
  variables: Record<string, unknown> = {},
): Promise<Answer> {
  const response = await fetch(`${app.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ query, variables }),
  });
  const { data, errors = [] } = (await response.json()) as Pick<Answer, 'data' | 'errors'>;
  return { data, errors, status: response.status };
}

/** How a subscription begins over WebSocket: with its first result, with errors, or with the socket closed. */
export interface Opening {
  readonly result?: Answer;
  readonly errors?: Answer['errors'];
  readonly closed?: { readonly code: number; readonly reason: string };
}

/** Subscribes as whoever the parameters say, and waits for how it begins. */
export async function openAs(
  { app }: Pick<TestApp, 'app'>,
  connectionParams: Headers,
  query: string,
): Promise<Opening> {
  const client = createClient({
    url: `${app.url.replace(/^http/, 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    connectionParams,
    retryAttempts: 0,
  });
  try {
    return await new Promise<Opening>((resolve) => {
      client.subscribe<Answer>(
        { query },
        {
          next: (result) => resolve({ result: result as never }),
          error: (error) =>
            resolve(Array.isArray(error) ? { errors: error as never } : { closed: error as never }),
          complete: () => resolve({}),
        },
      );
    });
  } finally {
    await client.dispose();
  }
}
