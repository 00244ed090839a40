import type { IncomingHttpHeaders } from 'node:http';
import type { ApolloServerPlugin } from '@apollo/server';
import type { FastifyInstance } from 'fastify';
import type { ExecutionArgs, ExecutionResult } from 'graphql';
import type { Context } from './context.js';

/** How an operation ended: its type, `none` where there was none to be read, and the first error's code or `OK`. */
export interface OperationEnd {
  readonly type: 'query' | 'mutation' | 'subscription' | 'none';
  readonly outcome: string;
}

/** A request over HTTP, as far as it may be told. */
export interface HttpRequest {
  readonly id: string;
  readonly method: string;
  readonly route: string;
  readonly headers: IncomingHttpHeaders;
}

/** What the API tells whoever measures it; without one, nothing is measured. */
export interface ApiObserver {
  /** All that a request leads to runs within `serve`; what it returns is told the status of the answer. */
  readonly onHttpRequest?: (request: HttpRequest, serve: () => void) => (status: number) => void;
  /** An operation comes in, over WebSocket one that opens a stream; what it returns is told how it ended. */
  readonly onOperation?: (transport: 'http' | 'websocket') => (end: OperationEnd) => void;
  /** A mutation is answered with a refusal. */
  readonly onRefusal?: (code: string) => void;
  /** A subscription is answered with an error, whether it was refused or ended by it. */
  readonly onSubscriptionError?: (code: string) => void;
}

const UNKNOWN = 'INTERNAL_SERVER_ERROR';

/** Tells of requests to the API; probes of health are nobody's concern. */
export function observeRequests(server: FastifyInstance, observer: ApiObserver | undefined): void {
  const onHttpRequest = observer?.onHttpRequest;
  if (!onHttpRequest) return;
  const ends = new WeakMap<object, (status: number) => void>();
  server.addHook('onRequest', ({ id, method, headers, routeOptions: { url: route }, raw }, _reply, done) => {
    if (!route || route.startsWith('/health')) return done();
    ends.set(raw, onHttpRequest({ id, method, route, headers }, done));
  });
  server.addHook('onResponse', (request, reply, done) => {
    ends.get(request.raw)?.(reply.statusCode);
    done();
  });
}

/** Tells of operations over HTTP, those that could not even be read included. */
export function observeOperations(observer: ApiObserver | undefined): ApolloServerPlugin<Context> {
  const onOperation = observer?.onOperation;
  if (!onOperation) return {};
  const unread = async ({ error }: { readonly error: unknown }) =>
    onOperation('http')({ type: 'none', outcome: codeOf(error) });
  return {
    contextCreationDidFail: unread,
    invalidRequestWasReceived: unread,
    requestDidStart: async () => {
      const end = onOperation('http');
      return {
        willSendResponse: async ({ operation, response: { body } }) => {
          const errors = body.kind === 'single' ? body.singleResult.errors : undefined;
          end({ type: operation?.operation ?? 'none', outcome: errors?.[0] ? codeOf(errors[0]) : 'OK' });
        },
      };
    },
  };
}

type Subscribe = (args: ExecutionArgs) => Promise<AsyncIterable<unknown> | ExecutionResult>;

/** Tells of streams that are opened, or could not be. */
export function observeSubscribe(subscribe: Subscribe, observer: ApiObserver | undefined): Subscribe {
  const onOperation = observer?.onOperation;
  if (!onOperation) return subscribe;
  return async (args) => {
    const end = onOperation('websocket');
    const result = await subscribe(args);
    const error = 'errors' in result ? result.errors?.[0] : undefined;
    end({ type: 'subscription', outcome: error ? codeOf(error.originalError ?? error) : 'OK' });
    return result;
  };
}

function codeOf(error: unknown): string {
  const { code, extensions } = error as { code?: unknown; extensions?: { code?: unknown } };
  const told = extensions?.code ?? code;
  return typeof told === 'string' ? told : UNKNOWN;
}
