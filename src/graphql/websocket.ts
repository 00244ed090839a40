import type { Server } from 'node:http';
import {
  createSourceEventStream,
  type ExecutionArgs,
  type ExecutionResult,
  execute,
  type GraphQLError,
  type GraphQLSchema,
} from 'graphql';
import type { ServerOptions } from 'graphql-ws';
import { type Extra, useServer } from 'graphql-ws/use/ws';
import { WebSocketServer } from 'ws';
import { newId } from '../ids.js';
import type { Logger } from '../log.js';
import type { Authenticate, Principal } from './authentication.js';
import { type Context, createContext, type Dependencies, refreshed } from './context.js';
import { present } from './errors.js';
import { checkSubscription } from './guard.js';

const MESSAGE_BYTES_MAX = 100 * 1024;
const PING_INTERVAL_MS = 12_000;
const SERVICE_RESTART = 1012;
const CLOSE_TIMEOUT_MS = 1_000;

export interface WebSocketOptions {
  readonly server: Server;
  readonly schema: GraphQLSchema;
  readonly dependencies: Dependencies;
  readonly authenticate: Authenticate;
  readonly log: Logger;
}

interface Connection extends Extra {
  principal?: Principal;
}

type Parameters = Record<string, unknown> | undefined;

export interface WebSocketEdge {
  /** Tells every client to come back later, and settles when the sockets are closed. */
  readonly close: () => Promise<void>;
}

/** Subscriptions at `/graphql` by the graphql-transport-ws protocol. */
export function createWebSocket(options: WebSocketOptions): WebSocketEdge {
  const { server, schema, dependencies, authenticate, log } = options;
  const sockets = new WebSocketServer({ server, path: '/graphql', maxPayload: MESSAGE_BYTES_MAX });
  const tell = (error: GraphQLError, requestId: string) => {
    const presented = present(error, requestId);
    if (presented.fault) log.error({ err: error.originalError ?? error, requestId }, 'fault');
    return presented.error;
  };
  const serverOptions: ServerOptions<NonNullable<Parameters>, Connection> = {
    // Refusing here closes the socket with 4403, which clients do not take for the end of the world.
    onConnect: (connection) => {
      const principal = authenticate(keyOf(connection.connectionParams));
      if (!principal) return false;
      connection.extra.principal = principal;
      return true;
    },
    onSubscribe: (connection, _id, payload) => {
      const checked = checkSubscription(schema, payload);
      if ('length' in checked) return checked;
      const principal = connection.extra.principal as Principal;
      return {
        ...checked,
        contextValue: createContext(dependencies, principal, newId(dependencies.clock.now())),
      };
    },
    subscribe: subscribeWithFreshContext as never,
    onNext: (_connection, _id, _payload, { contextValue }, result) => {
      if (!result.errors) return;
      const { requestId } = contextValue as Context;
      return { ...result, errors: result.errors.map((error) => tell(error, requestId)) } as never;
    },
    onError: (_connection, id, _payload, errors) => errors.map((error) => tell(error, id)) as never,
  };
  const disposable = useServer(serverOptions as never, sockets, PING_INTERVAL_MS);
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
      await disposable.dispose();
    },
  };
}

/** The same names as the headers have over HTTP, in whatever case. */
function keyOf(parameters: Parameters): string | undefined {
  const entry = Object.entries(parameters ?? {}).find(([name]) => name.toLowerCase() === 'x-api-key');
  return typeof entry?.[1] === 'string' ? entry[1] : undefined;
}

/** Subscribes as graphql-js does, but executes every event with nothing loaded yet, so that nothing told is stale. */
async function subscribeWithFreshContext(
  args: ExecutionArgs,
): Promise<AsyncIterableIterator<ExecutionResult> | ExecutionResult> {
  const source = await createSourceEventStream(args);
  if (!(Symbol.asyncIterator in source)) return source;
  const events = (source as AsyncIterable<unknown>)[Symbol.asyncIterator]();
  const context = args.contextValue as Context;
  const results: AsyncIterableIterator<ExecutionResult> = {
    next: async () => {
      const event = await events.next();
      if (event.done) return { value: undefined, done: true };
      const value: ExecutionResult = await execute({
        ...args,
        rootValue: event.value,
        contextValue: refreshed(context),
      });
      return { value, done: false };
    },
    return: async () => {
      await events.return?.();
      return { value: undefined, done: true };
    },
    [Symbol.asyncIterator]: () => results,
  };
  return results;
}
