import type { Clock } from '../clock.js';
import { VERSION } from '../version.js';
import type { MetricsServer } from './metrics-server.js';
import { combine, type Observer } from './observer.js';
import type { TelemetrySettings } from './settings.js';
import type { Sources } from './state.js';

/** How long spans that are not sent yet may hold up a shutdown. */
const FLUSH_WAIT_MS = 2_000;

type OnFault = (error: unknown) => void;

interface Part {
  readonly observer: Observer;
  readonly serve?: (sources: Sources) => Promise<MetricsServer>;
  readonly close?: () => Promise<unknown>;
}

export interface Telemetry {
  /** What the program tells of its work to; `undefined` when nobody measures. */
  readonly observer: Observer | undefined;
  /** Serves the metrics, once there is something to ask; returns where, if anywhere. */
  readonly serve: (sources: Sources) => Promise<MetricsServer | undefined>;
  readonly close: () => Promise<void>;
}

/** Metrics and traces as the settings ask for them. What is off is not even loaded. */
export async function openTelemetry(
  { metrics, traces }: TelemetrySettings,
  clock: Clock,
  onFault: OnFault,
): Promise<Telemetry> {
  const parts: Part[] = [];
  const { host, port } = metrics;
  if (port !== undefined) parts.push(await openMetrics({ host, port }, clock, onFault));
  const { url } = traces;
  if (url !== undefined) parts.push(await openTraces({ ...traces, url }, onFault));
  return {
    observer: combine(
      parts.map(({ observer }) => observer),
      onFault,
    ),
    serve: async (sources) => parts.find(({ serve }) => serve)?.serve?.(sources),
    close: async () => {
      for (const { close } of parts) await close?.();
    },
  };
}

async function openMetrics(
  address: { readonly host: string; readonly port: number },
  clock: Clock,
  onFault: OnFault,
): Promise<Part> {
  const { createMetrics } = await import('./metrics.js');
  const { createScrape } = await import('./scrape.js');
  const { serveMetrics } = await import('./metrics-server.js');
  const { registry, observer } = createMetrics(clock);
  return {
    observer,
    serve: (sources) =>
      serveMetrics(address, registry.contentType, createScrape(registry, sources, onFault), onFault),
  };
}

async function openTraces(
  settings: Parameters<typeof import('./exporting.js').createTracerProvider>[0],
  onFault: OnFault,
): Promise<Part> {
  const { createTracerProvider } = await import('./exporting.js');
  const { createScope } = await import('./scope.js');
  const { createRequestSpans } = await import('./request-spans.js');
  const { createCommandSpans } = await import('./command-spans.js');
  const provider = createTracerProvider(settings, onFault);
  const tracer = provider.getTracer('dompet', VERSION);
  const scope = createScope();
  const observer = { ...createRequestSpans(tracer, scope), ...createCommandSpans(tracer, scope) };
  // Spans that cannot be sent have told so; they are no reason to stop closing.
  const flush = () => provider.shutdown().catch(() => undefined);
  return { observer, close: () => Promise.race([flush(), wait(FLUSH_WAIT_MS)]) };
}

function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms).unref());
}
