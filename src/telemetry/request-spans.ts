import { type Context, defaultTextMapGetter, ROOT_CONTEXT, SpanKind, type Tracer } from '@opentelemetry/api';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import type { Observer } from './observer.js';
import { endSpan, type Scope, under } from './scope.js';

const SERVER_ERROR = 500;

/** Spans of requests over HTTP, under the caller's span where one is given, and of the operations in them. */
export function createRequestSpans(tracer: Tracer, scope: Scope): Observer {
  const propagator = new W3CTraceContextPropagator();
  return {
    onHttpRequest: ({ id, method, route, headers }, serve) => {
      const caller: Context = propagator.extract(ROOT_CONTEXT, headers, defaultTextMapGetter);
      const attributes = { 'http.request.method': method, 'http.route': route, 'dompet.request_id': id };
      const span = tracer.startSpan(`${method} ${route}`, { kind: SpanKind.SERVER, attributes }, caller);
      scope.run({ context: under(span) }, serve);
      return (status) => {
        span.setAttribute('http.response.status_code', status);
        endSpan(span, status < SERVER_ERROR);
      };
    },
    onOperation: (transport) => {
      const current = transport === 'http' ? scope.getStore() : undefined;
      const span = tracer.startSpan('graphql', {}, current?.context ?? ROOT_CONTEXT);
      if (current) current.context = under(span);
      return ({ type, outcome }) => {
        span.updateName(`graphql ${type}`);
        span.setAttributes({ 'graphql.operation.type': type, 'dompet.outcome': outcome });
        endSpan(span, outcome === 'OK');
      };
    },
  };
}
