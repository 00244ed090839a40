/** Where `/metrics` is served; without a port, nowhere. */
export interface MetricsSettings {
  readonly host: string;
  readonly port: number | undefined;
}

/** The samplers that OpenTelemetry names for OTEL_TRACES_SAMPLER. */
export const samplers = [
  'always_on',
  'always_off',
  'traceidratio',
  'parentbased_always_on',
  'parentbased_always_off',
  'parentbased_traceidratio',
] as const;

/** Where spans are sent, by OTLP over HTTP; without a URL, nowhere. */
export interface TraceSettings {
  readonly url: string | undefined;
  readonly sampler: (typeof samplers)[number];
  /** Which share of traces a sampler by ratio keeps, from 0 to 1. */
  readonly ratio: number;
}

export interface TelemetrySettings {
  readonly metrics: MetricsSettings;
  readonly traces: TraceSettings;
}
