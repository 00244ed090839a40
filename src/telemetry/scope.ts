import { AsyncLocalStorage } from 'node:async_hooks';
import { type Context, ROOT_CONTEXT, type Span, SpanStatusCode, trace } from '@opentelemetry/api';

/** Under which span the work of a request stands: the request's own, and later its operation's. */
export type Scope = AsyncLocalStorage<{ context: Context }>;

export function createScope(): Scope {
  return new AsyncLocalStorage();
}

export function under(span: Span): Context {
  return trace.setSpanContext(ROOT_CONTEXT, span.spanContext());
}

/** Ends a span; one that did not do what it was for is marked. */
export function endSpan(span: Span, ok = true): void {
  if (!ok) span.setStatus({ code: SpanStatusCode.ERROR });
  span.end();
}
