import { AsyncLocalStorage } from 'node:async_hooks';
import {
  type Context,
  ROOT_CONTEXT,
  type Span,
  type SpanOptions,
  SpanStatusCode,
  TraceFlags,
  type Tracer,
  trace,
} from '@opentelemetry/api';

/** Under which span the work of a request stands: the request's own, and later its operation's. */
export type Scope = AsyncLocalStorage<{ context: Context }>;

export function createScope(): Scope {
  return new AsyncLocalStorage();
}

export function under(span: Span): Context {
  return trace.setSpanContext(ROOT_CONTEXT, span.spanContext());
}

/** Whether a span is kept; what stands under it is kept or not with it. */
export function isKept(span: Span): boolean {
  return (span.spanContext().traceFlags & TraceFlags.SAMPLED) !== 0;
}

/** Starts a span under another. Under one that is not kept there is none: it stands for all that would be. */
export function startUnder(tracer: Tracer, above: Span, name: string, options: SpanOptions = {}): Span {
  return isKept(above) ? tracer.startSpan(name, options, under(above)) : above;
}

/** Ends a span; one that did not do what it was for is marked. */
export function endSpan(span: Span, ok = true): void {
  if (!ok) span.setStatus({ code: SpanStatusCode.ERROR });
  span.end();
}
