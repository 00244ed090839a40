import type { Server } from 'node:http';
import proxyAddr from '@fastify/proxy-addr';
import { createSourceEventStream, GraphQLError, type GraphQLSchema } from 'graphql';
import { CloseCode, handleProtocols, makeServer, type ServerOptions } from 'graphql-ws';
import { WebSocketServer } from 'ws';
import type { Access } from '../access/access.js';
import { AccessError, type Principal } from '../access/principal.js';
import { OverloadedError } from '../errors.js';
import { newId } from '../ids.js';
import type { RateLimits } from '../limits/rate-limits.js';
import type { Logger } from '../log.js';
import { findUnavailability } from '../operations/unavailable.js';
import { admit } from './admission.js';
import type { Enter } from './authentication.js';
import { Connections } from './connections.js';
import { type Context, createContext, type Dependencies } from './context.js';
import { deliver, type Told } from './deliver.js';
import { createDocuments } from './documents.js';
import { present, withoutSuggestion } from './errors.js';
import { checkSubscription, sharingKey } from './guard.js';
import { createLoaders } from './loaders.js';
import { observeSubscribe } from './observer.js';
import { maySocketOpen } from './security-headers.js';
import { type Connection, serveSocket } from './socket.js';
import { type TrustedDocuments, trustedText, untrustedDocument } from './trusted-documents.js';

const SERVICE_RESTART = 1012;
const TRY_AGAIN_LATER = 1013;
const CLOSE_TIMEOUT_MS = 1_000;
/** Longer reasons would not fit into a close frame. */
const REASON_LENGTH_MAX = 120;

export interface WebSocketLimits {
  readonly connectionsPerKeyMax: number;
  readonly subscriptionsPerSocketMax: number;
  readonly messageBytesMax: number;
  readonly pingIntervalMs: number;
  /** How often the authority behind open sockets is checked again. */
  readonly checkIntervalMs: number;
  /** How long a client may take to say who it is. */
  readonly initTimeoutMs: number;
}

export interface WebSocketOptions {
  readonly server: Server;
  readonly schema: GraphQLSchema;
  readonly dependencies: Dependencies;
  readonly access: Access;
  readonly enter: Enter;
  readonly limits: WebSocketLimits;
  readonly rateLimits: RateLimits;
  readonly production: boolean;
  /** The proxies that are believed when they tell for whom they ask. */
  readonly trustProxy: readonly string[] | false;
  /** The origins whose pages may open a socket, besides the server's own. */
  readonly corsOrigins: readonly string[];
  readonly trustedDocuments: TrustedDocuments | undefined;
  readonly log: Logger;
}

type Parameters = Record<string, unknown>;

export interface WebSocketEdge {
  /** How many sockets are open. */
  readonly sockets: () => number;
  /** Tells every client to come back later, and settles when the sockets are closed. */
  readonly close: () => Promise<void>;
}

/** Subscriptions at `/graphql` by the graphql-transport-ws protocol. */
export function createWebSocket(options: WebSocketOptions): WebSocketEdge {
  const { server, limits, trustProxy, corsOrigins } = options;
  const sockets = new WebSocketServer({
    server,
    path: '/graphql',
    maxPayload: limits.messageBytesMax,
    handleProtocols,
    verifyClient: ({ req: { headers } }, answer) =>
      answer(maySocketOpen(headers.origin, headers.host, corsOrigins), 403),
  });
  // The server's own errors, such as an address that is taken, are told to whoever made it listen.
  sockets.on('error', () => undefined);
  const connections = new Connections();
  const protocol = makeServer(serverOptions(options, connections));
  const check = setInterval(() => {
    connections.closeEnded(options.access).catch((error) => options.log.error({ err: error }, 'fault'));
  }, limits.checkIntervalMs);
  const isTrusted = trustProxy ? proxyAddr.compile([...trustProxy]) : () => false;
  sockets.on('connection', (socket, request) => {
    const connection = { socket, address: proxyAddr(request, isTrusted) };
    serveSocket(protocol, connection, limits.pingIntervalMs, options.log);
  });
  return {
    sockets: () => sockets.clients.size,
    close: async () => {
      clearInterval(check);
      const clients = [...sockets.clients];
      for (const client of clients) client.close(SERVICE_RESTART, 'The server restarts: connect again.');
      const timeout = setTimeout(() => {
        for (const client of clients) client.terminate();
      }, CLOSE_TIMEOUT_MS);
      await Promise.all(
        clients.map(
          (client) =>
            client.readyState === client.CLOSED || new Promise((done) => client.once('close', done)),
        ),
      );
      clearTimeout(timeout);
      sockets.close();
    },
  };
}

function serverOptions(
  options: WebSocketOptions,
  connections: Connections,
): ServerOptions<Parameters, Connection> {
  const { schema, dependencies, enter, limits, rateLimits, production, trustedDocuments, log } = options;
  const check = createDocuments(schema);
  const keys = new WeakMap<Context, string>();
  const tell = (error: GraphQLError, requestId: string) => {
    const presented = present(error, requestId);
    dependencies.observer?.onSubscriptionError?.(String(presented.error.extensions?.code));
    if (presented.fault) log.error({ err: error.originalError ?? error, requestId }, 'fault');
    return production ? withoutSuggestion(presented.error) : presented.error;
  };
  return {
    connectionInitWaitTimeout: limits.initTimeoutMs,
    // Refusing here closes the socket with 4403, which clients do not take for the end of the world.
    onConnect: async ({ connectionParams, extra }) => {
      const { socket, address } = extra;
      let principal: Principal;
      try {
        principal = await enter(connectionParams, address);
      } catch (error) {
        const code = closeCodeOf(error);
        if (code === undefined) throw error;
        socket.close(code, (error as Error).message.slice(0, REASON_LENGTH_MAX));
        return false;
      }
      // One that was closed meanwhile has told so already.
      if (socket.readyState !== socket.OPEN) return false;
      if (connections.add(extra, principal) > limits.connectionsPerKeyMax) {
        socket.close(TRY_AGAIN_LATER, 'This key has too many connections open.');
      }
      return true;
    },
    onClose: ({ extra }) => {
      connections.delete(extra);
    },
    onSubscribe: async ({ extra, subscriptions }, _id, payload) => {
      if (Object.keys(subscriptions).length > limits.subscriptionsPerSocketMax) return [tooMany(limits)];
      const query = trustedDocuments ? trustedText(trustedDocuments, payload) : payload.query;
      if (query === undefined) return [untrustedDocument()];
      const checked = checkSubscription(schema, check, { ...payload, query });
      if (!('args' in checked)) return checked;
      const { principal } = extra;
      if (!principal) throw new Error('a subscription came before its principal');
      const { document, operation } = checked;
      try {
        await admit(schema, rateLimits, document, operation, payload.variables ?? {}, principal);
      } catch (error) {
        return [error as GraphQLError];
      }
      const contextValue = createContext(dependencies, principal, newId(dependencies.clock.now()));
      keys.set(contextValue, sharingKey(checked, principal.id));
      return { ...checked.args, contextValue };
    },
    subscribe: observeSubscribe(createSourceEventStream as never, dependencies.observer) as never,
    // What comes back to graphql-ws ends when the stream does, but yields nothing: `deliver` writes the answers itself.
    onOperation: ({ extra }, id, _payload, args, result) => {
      if (!(Symbol.asyncIterator in result)) return undefined;
      const context = args.contextValue as Context;
      // Each event is answered with loaders of its own; these hold what was read to open the stream, and would for its life.
      context.loaders = createLoaders(dependencies.orm, context.principal);
      return deliver({
        id,
        args,
        stream: result as unknown as AsyncIterator<Told>,
        socket: extra.socket,
        sharingKey: keys.get(context) ?? '',
        present: (error) => tell(error, context.requestId),
      }) as never;
    },
    onNext: (_connection, _id, _payload, { contextValue }, result) => {
      if (!result.errors) return undefined;
      const { requestId } = contextValue as Context;
      return { ...result, errors: result.errors.map((error) => tell(error, requestId)) } as never;
    },
    onError: (_connection, _id, _payload, errors) => {
      const requestId = newId(dependencies.clock.now());
      return errors.map((error) => tell(error, requestId)) as never;
    },
  };
}

/** How a socket is closed whose opener does not come in: for good, or for now. */
function closeCodeOf(error: unknown): number | undefined {
  if (error instanceof AccessError) return CloseCode.Forbidden;
  const passing =
    error instanceof OverloadedError || findUnavailability(error) || error instanceof GraphQLError;
  return passing ? TRY_AGAIN_LATER : undefined;
}

function tooMany({ subscriptionsPerSocketMax }: WebSocketLimits): GraphQLError {
  return new GraphQLError(
    `A socket carries at most ${subscriptionsPerSocketMax} subscriptions: open another one.`,
    {
      extensions: { code: 'TOO_MANY_SUBSCRIPTIONS' },
    },
  );
}
