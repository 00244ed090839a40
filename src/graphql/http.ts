import { ApolloServer, type ApolloServerPlugin } from '@apollo/server';
import { ApolloServerPluginCacheControlDisabled } from '@apollo/server/plugin/disabled';
import { fastifyApolloHandler } from '@as-integrations/fastify';
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { GraphQLError, type GraphQLSchema } from 'graphql';
import { newId } from '../ids.js';
import type { RateLimits } from '../limits/rate-limits.js';
import type { Logger } from '../log.js';
import { type Enter, refuseAccess } from './authentication.js';
import { type Context, createContext, type Dependencies } from './context.js';
import { documentLimitsRule } from './document-limits.js';
import { TOKENS_MAX } from './documents.js';
import { coded, present, withoutSuggestion } from './errors.js';
import { jsonStatus } from './json-status.js';
import { landingPage } from './landing-page.js';
import { limitsPlugin } from './limits.plugin.js';
import { answerMalformed } from './malformed.js';
import { observeOperations, observeRequests } from './observer.js';
import { operationLog } from './operation-log.js';
import { currentRequestId, requestScope } from './request-scope.js';
import { addSecurityHeaders } from './security-headers.js';
import { type TrustedDocuments, trustedDocumentsOnly } from './trusted-documents.js';

const BODY_BYTES_MAX = 100 * 1024;
/** How long a client may take to send its request. */
const REQUEST_TIMEOUT_MS = 30_000;
const REQUEST_ID = /^[A-Za-z0-9_.-]{1,64}$/;

export interface HttpOptions {
  readonly schema: GraphQLSchema;
  readonly dependencies: Dependencies;
  readonly enter: Enter;
  readonly production: boolean;
  /** The key that Sandbox is set up with in development. */
  readonly sandboxKey: string;
  readonly corsOrigins: readonly string[];
  /** The proxies that are believed, as fastify takes them. */
  readonly trustProxy: readonly string[] | false;
  readonly trustedDocuments: TrustedDocuments | undefined;
  readonly limits: RateLimits;
  readonly log: Logger;
}

export interface HttpEdge {
  readonly server: FastifyInstance;
  readonly apollo: ApolloServer<Context>;
}

/** `POST /graphql`, and in development the page that a browser gets there. */
export async function createHttp(options: HttpOptions): Promise<HttpEdge> {
  const { schema, dependencies, enter, production, trustProxy, trustedDocuments, limits, log } = options;
  const apollo = new ApolloServer<Context>({
    schema,
    introspection: !production,
    includeStacktraceInErrorResponses: false,
    stopOnTerminationSignals: false,
    parseOptions: { maxTokens: TOKENS_MAX },
    persistedQueries: false,
    validationRules: [documentLimitsRule],
    logger: log.child({ source: 'apollo' }),
    formatError: (formatted, error) => {
      const graphqlError =
        error instanceof GraphQLError
          ? error
          : new GraphQLError(formatted.message, { originalError: error as Error });
      const presented = present(coded(graphqlError, formatted.extensions?.code), currentRequestId());
      if (presented.fault)
        log.error({ err: graphqlError.originalError ?? error, requestId: currentRequestId() }, 'fault');
      return production ? withoutSuggestion(presented.error) : presented.error;
    },
    plugins: [
      landingPage(production, options.sandboxKey),
      // No field has a cache hint, and looking for one wraps every resolver.
      ApolloServerPluginCacheControlDisabled(),
      refuseSubscriptions,
      jsonStatus,
      limitsPlugin(schema, limits),
      operationLog(log),
      observeOperations(dependencies.observer),
      ...(trustedDocuments ? [trustedDocumentsOnly(trustedDocuments)] : []),
    ],
  });
  await apollo.start();

  const server = fastify({
    bodyLimit: BODY_BYTES_MAX,
    requestTimeout: REQUEST_TIMEOUT_MS,
    trustProxy: trustProxy && [...trustProxy],
    // Metadata may have such keys; JSON.parse makes plain members of them, and nothing here copies by assignment.
    onProtoPoisoning: 'ignore',
    onConstructorPoisoning: 'ignore',
    genReqId: (request) => {
      const given = request.headers['x-request-id'];
      return typeof given === 'string' && REQUEST_ID.test(given) ? given : newId(dependencies.clock.now());
    },
    forceCloseConnections: 'idle',
    // What still comes over an open connection while the server closes is answered like anything else: as overload.
    return503OnClosing: false,
    clientErrorHandler: (error, socket) => answerMalformed(error, socket, newId(dependencies.clock.now())),
    // A path that cannot be decoded is refused before any hook or handler runs. It is not told back: it may hold a secret.
    frameworkErrors: (error, { id }, reply: FastifyReply) => {
      const told = new GraphQLError('The path cannot be read.', { extensions: { code: 'BAD_REQUEST' } });
      const errors = [present(told, id).error];
      void reply
        .header('x-request-id', id)
        .code(error.statusCode ?? 400)
        .send({ errors });
    },
    routerOptions: { ignoreTrailingSlash: true },
  });
  server.addHook('onRequest', (request, reply, done) => {
    void reply.header('x-request-id', request.id).header('cache-control', 'no-store');
    requestScope.run({ requestId: request.id }, done);
  });
  observeRequests(server, dependencies.observer);
  await addSecurityHeaders(server, options);
  server.addHook('onResponse', (request, reply, done) => {
    const { method, id: requestId } = request;
    const path = request.url.split('?')[0];
    const durationMs = Math.round(reply.elapsedTime);
    log.info({ requestId, method, path, status: reply.statusCode, durationMs }, 'request');
    done();
  });
  server.setErrorHandler((error: { statusCode?: number; code?: string; message: string }, request, reply) => {
    const status = error.statusCode ?? 500;
    if (status >= 500) log.error({ err: error, requestId: request.id }, 'fault');
    const graphqlError = new GraphQLError(error.message, {
      extensions: { code: status >= 500 ? undefined : (httpCodes[status] ?? 'BAD_REQUEST') },
    });
    return reply.code(status).send({ errors: [present(graphqlError, request.id).error] });
  });
  server.setNotFoundHandler((request, reply) => {
    const message = `There is nothing at ${request.method} ${request.url.split('?')[0]}; the API is POST /graphql.`;
    const error = new GraphQLError(message, { extensions: { code: 'NOT_FOUND' } });
    return reply.code(404).send({ errors: [present(error, request.id).error] });
  });
  const handler = fastifyApolloHandler(apollo, {
    context: async (request: FastifyRequest) => {
      const principal = await enter(request.headers, request.ip).catch((error: unknown) => {
        throw refuseAccess(error);
      });
      return createContext(dependencies, principal, request.id);
    },
  });
  server.route({ method: ['GET', 'POST', 'OPTIONS'], url: '/graphql', handler });
  return { server, apollo };
}

const httpCodes: Readonly<Record<number, string>> = { 413: 'BODY_TOO_LARGE', 415: 'UNSUPPORTED_MEDIA_TYPE' };

const refuseSubscriptions: ApolloServerPlugin<Context> = {
  requestDidStart: async () => ({
    didResolveOperation: async ({ operation }) => {
      if (operation?.operation !== 'subscription') return;
      throw new GraphQLError('Subscriptions are served over WebSocket, at the same path.', {
        extensions: { code: 'BAD_REQUEST', http: { status: 400 } },
      });
    },
  }),
};
