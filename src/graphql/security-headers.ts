import cors from '@fastify/cors';
import type { FastifyInstance } from 'fastify';
import helmet, { type HelmetOptions } from 'helmet';

const HSTS = 'max-age=31536000';
const PREFLIGHT_SECONDS = 600;

/** Nothing here is a page: whatever a browser takes for one may load, frame and send nothing. */
const NO_PAGE = {
  defaultSrc: ["'none'"],
  baseUri: ["'none'"],
  formAction: ["'none'"],
  frameAncestors: ["'none'"],
};

const APOLLO_CDN = [
  'https://apollo-server-landing-page.cdn.apollographql.com',
  'https://embeddable-sandbox.cdn.apollographql.com',
];

/** What Sandbox's page needs; it narrows this by a policy of its own, with nonces that only it knows. */
const SANDBOX_PAGE = {
  defaultSrc: ["'self'"],
  baseUri: ["'none'"],
  formAction: ["'none'"],
  frameAncestors: ["'none'"],
  scriptSrc: ["'self'", "'unsafe-inline'", ...APOLLO_CDN],
  styleSrc: ["'self'", "'unsafe-inline'", ...APOLLO_CDN, 'https://fonts.googleapis.com'],
  fontSrc: ["'self'", 'https://fonts.gstatic.com'],
  imgSrc: ["'self'", 'data:', ...APOLLO_CDN],
  manifestSrc: ["'self'", ...APOLLO_CDN],
  connectSrc: ["'self'", 'ws:', 'wss:'],
  frameSrc: ['https://sandbox.embed.apollographql.com'],
};

export interface SecurityOptions {
  readonly production: boolean;
  /** The origins whose pages may call from a browser. */
  readonly corsOrigins: readonly string[];
}

/** The headers that tell browsers what they may do with an answer, and which pages may ask for one. */
export async function addSecurityHeaders(
  server: FastifyInstance,
  { production, corsOrigins }: SecurityOptions,
): Promise<void> {
  const directives = production ? NO_PAGE : SANDBOX_PAGE;
  const headers = headersOf({
    contentSecurityPolicy: { useDefaults: false, directives },
    xFrameOptions: { action: 'deny' },
    strictTransportSecurity: false,
  });
  server.addHook('onRequest', (request, reply, done) => {
    void reply.headers(headers);
    // What came over plain HTTP must not promise TLS; who speaks for a client that used it is settled by TRUST_PROXY.
    if (request.protocol === 'https') void reply.header('strict-transport-security', HSTS);
    done();
  });
  if (corsOrigins.length === 0) return;
  await server.register(cors, {
    origin: [...corsOrigins],
    methods: ['GET', 'POST'],
    exposedHeaders: ['x-request-id', 'retry-after', 'ratelimit', 'ratelimit-policy'],
    maxAge: PREFLIGHT_SECONDS,
  });
}

/** What helmet sets. It is the same for every answer, and asked for once: writing a policy takes longer than many a query. */
function headersOf(options: HelmetOptions): Readonly<Record<string, string>> {
  const headers: Record<string, string> = {};
  const answer = {
    setHeader: (name: string, value: string) => {
      headers[name.toLowerCase()] = value;
    },
    removeHeader: () => undefined,
  };
  helmet(options)(undefined as never, answer as never, () => undefined);
  return headers;
}

/**
 * Whether a socket may be opened for a page of that origin: one that is listed, or the server's own. Browsers ask nobody
 * before they open a socket and always say whose page wants it; other clients say nothing.
 */
export function maySocketOpen(
  origin: string | undefined,
  host: string | undefined,
  corsOrigins: readonly string[],
): boolean {
  if (origin === undefined || corsOrigins.includes(origin)) return true;
  return host !== undefined && URL.parse(origin)?.host === host;
}
