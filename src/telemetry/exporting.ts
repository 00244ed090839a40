import { ExportResultCode } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import {
  detectResources,
  resourceAttributesEnvDetector,
  resourceFromAttributes,
  serviceNameEnvDetector,
} from '@opentelemetry/resources';
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  BatchSpanProcessor,
  ParentBasedSampler,
  type Sampler,
  type SpanExporter,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import { VERSION } from '../version.js';
import type { TraceSettings } from './settings.js';

/** As many as a batch can have commands. */
const LINKS_MAX = 1_000;

const rootSamplers: Readonly<Record<string, (ratio: number) => Sampler>> = {
  always_on: () => new AlwaysOnSampler(),
  always_off: () => new AlwaysOffSampler(),
  traceidratio: (ratio) => new TraceIdRatioBasedSampler(ratio),
};

/** OpenTelemetry's SDK, sending spans to the collector in the background, without touching what is global in a process. */
export function createTracerProvider(
  { url, sampler, ratio }: TraceSettings & { readonly url: string },
  onFault: (error: unknown) => void,
): TracerProvider {
  const [, name = sampler] = /^parentbased_(.*)$/.exec(sampler) ?? [];
  const root = rootSamplers[name]?.(ratio) ?? new AlwaysOnSampler();
  const named = resourceFromAttributes({ 'service.name': 'dompet', 'service.version': VERSION });
  const detectors = [resourceAttributesEnvDetector, serviceNameEnvDetector];
  return new TracerProvider({
    resource: named.merge(detectResources({ detectors })),
    sampler: name === sampler ? root : new ParentBasedSampler({ root }),
    spanLimits: { linkCountLimit: LINKS_MAX },
    spanProcessors: [
      new BatchSpanProcessor({ exporter: tellingFaults(new OTLPTraceExporter({ url }), onFault) }),
    ],
  });
}

/** Spans that cannot be sent are lost; that they were is told. */
function tellingFaults(exporter: SpanExporter, onFault: (error: unknown) => void): SpanExporter {
  return {
    export: (spans, tell) =>
      exporter.export(spans, (result) => {
        if (result.code !== ExportResultCode.SUCCESS) onFault(result.error);
        tell(result);
      }),
    shutdown: () => exporter.shutdown(),
  };
}
