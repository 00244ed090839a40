import type { Server } from 'node:http';
import { createSourceEventStream, GraphQLError, type GraphQLSchema } from 'graphql';
import { handleProtocols, makeServer, type ServerOptions } from 'graphql-ws';
import { WebSocketServer } from 'ws';
import { newId } from '../ids.js';
import type { Logger } from '../log.js';
import type { Authenticate, Principal } from './authentication.js';
import { type Context, createContext, type Dependencies } from './context.js';
import { deliver, type Told } from './deliver.js';
import { createDocuments } from './documents.js';
import { present } from './errors.js';
import { checkSubscription, sharingKey } from './guard.js';
import { createLoaders } from './loaders.js';
import { type Connection, serveSocket } from './socket.js';

const SERVICE_RESTART = 1012;
const TRY_AGAIN_LATER = 1013;
const CLOSE_TIMEOUT_MS = 1_000;

export interface WebSocketLimits {
  readonly connectionsPerKeyMax: number;
  readonly subscriptionsPerSocketMax: number;
  readonly messageBytesMax: number;
  readonly pingIntervalMs: number;
}

export interface WebSocketOptions {
  readonly server: Server;
  readonly schema: GraphQLSchema;
  readonly dependencies: Dependencies;
  readonly authenticate: Authenticate;
  readonly limits: WebSocketLimits;
  readonly log: Logger;
}

type Parameters = Record<string, unknown>;

export interface WebSocketEdge {
  /** Tells every client to come back later, and settles when the sockets are closed. */
  readonly close: () => Promise<void>;
}

/** Subscriptions at `/graphql` by the graphql-transport-ws protocol. */
export function createWebSocket(options: WebSocketOptions): WebSocketEdge {
  const { server, limits } = options;
  const sockets = new WebSocketServer({
    server,
    path: '/graphql',
    maxPayload: limits.messageBytesMax,
    handleProtocols,
  });
  // The server's own errors, such as an address that is taken, are told to whoever made it listen.
  sockets.on('error', () => undefined);
  const protocol = makeServer(serverOptions(options));
  sockets.on('connection', (socket) => serveSocket(protocol, socket, limits.pingIntervalMs, options.log));
  return {
    close: async () => {
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

function serverOptions(options: WebSocketOptions): ServerOptions<Parameters, Connection> {
  const { schema, dependencies, authenticate, limits, log } = options;
  const check = createDocuments(schema);
  const keys = new WeakMap<Context, string>();
  const connections = new Map<string, number>();
  const count = (principal: Principal, step: 1 | -1) => {
    const open = (connections.get(principal.id) ?? 0) + step;
    if (open > 0) connections.set(principal.id, open);
    else connections.delete(principal.id);
    return open;
  };
  const tell = (error: GraphQLError, requestId: string) => {
    const presented = present(error, requestId);
    if (presented.fault) log.error({ err: error.originalError ?? error, requestId }, 'fault');
    return presented.error;
  };
  return {
    // Refusing here closes the socket with 4403, which clients do not take for the end of the world.
    onConnect: ({ connectionParams, extra }) => {
      const principal = authenticate(keyOf(connectionParams));
      if (!principal) return false;
      extra.principal = principal;
      if (count(principal, 1) > limits.connectionsPerKeyMax) {
        extra.socket.close(TRY_AGAIN_LATER, 'This key has too many connections open.');
      }
      return true;
    },
    onClose: ({ extra }) => {
      if (extra.principal) count(extra.principal, -1);
    },
    onSubscribe: ({ extra, subscriptions }, _id, payload) => {
      if (Object.keys(subscriptions).length > limits.subscriptionsPerSocketMax) return [tooMany(limits)];
      const checked = checkSubscription(schema, check, payload);
      if (!('args' in checked)) return checked;
      const principal = extra.principal as Principal;
      const contextValue = createContext(dependencies, principal, newId(dependencies.clock.now()));
      keys.set(contextValue, sharingKey(checked, principal.id));
      return { ...checked.args, contextValue };
    },
    subscribe: createSourceEventStream as never,
    // What comes back to graphql-ws ends when the stream does, but yields nothing: `deliver` writes the answers itself.
    onOperation: ({ extra }, id, _payload, args, result) => {
      if (!(Symbol.asyncIterator in result)) return undefined;
      const context = args.contextValue as Context;
      // Each event is answered with loaders of its own; these hold what was read to open the stream, and would for its life.
      context.loaders = createLoaders(dependencies.orm);
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

function tooMany({ subscriptionsPerSocketMax }: WebSocketLimits): GraphQLError {
  return new GraphQLError(
    `A socket carries at most ${subscriptionsPerSocketMax} subscriptions: open another one.`,
    {
      extensions: { code: 'TOO_MANY_SUBSCRIPTIONS' },
    },
  );
}

/** The same names as the headers have over HTTP, in whatever case. */
function keyOf(parameters: Parameters | undefined): string | undefined {
  const entry = Object.entries(parameters ?? {}).find(([name]) => name.toLowerCase() === 'x-api-key');
  return typeof entry?.[1] === 'string' ? entry[1] : undefined;
}
