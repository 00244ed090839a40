import { z } from 'zod';
import { choice, flag, type SettingReader, whole } from './setting-reader.js';
import { samplers, type TelemetrySettings, type TraceSettings } from './telemetry/settings.js';

/** Where OpenTelemetry's specification sends spans when nothing else is said. */
const COLLECTOR = 'http://localhost:4318';
const TRACES_PATH = '/v1/traces';

const httpUrl = z.url({ protocol: /^https?$/, error: 'must be an http or https URL' });
const ratio = z
  .string()
  .regex(/^(0(\.\d{1,9})?|1(\.0{1,9})?)$/, 'must be a decimal from 0 to 1')
  .transform(Number);

export function readTelemetry(reader: SettingReader): TelemetrySettings {
  return {
    metrics: {
      host:
        reader.read(
          'METRICS_HOST',
          z.string().regex(/^[\w.:-]+$/, 'must be a host name or address'),
          '127.0.0.1',
        ) ?? '',
      port: reader.read('METRICS_PORT', whole(0, 65_535)),
    },
    traces: readTraces(reader),
  };
}

/** OpenTelemetry's own variables. What they leave to the exporter and the resource, such as headers, its SDK reads. */
function readTraces(reader: SettingReader): TraceSettings {
  const disabled = reader.read('OTEL_SDK_DISABLED', flag, 'false');
  const exporter = reader.read('OTEL_TRACES_EXPORTER', choice('otlp', 'none'));
  const base = reader.read('OTEL_EXPORTER_OTLP_ENDPOINT', httpUrl);
  const exact = reader.read('OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', httpUrl);
  reader.read('OTEL_EXPORTER_OTLP_PROTOCOL', choice('http/protobuf'), 'http/protobuf');
  const asked = exporter === 'otlp' || base !== undefined || exact !== undefined;
  const url = exact ?? (base ?? COLLECTOR).replace(/\/$/, '') + TRACES_PATH;
  return {
    url: asked && exporter !== 'none' && !disabled ? url : undefined,
    sampler:
      reader.read('OTEL_TRACES_SAMPLER', choice(...samplers), 'parentbased_always_on') ??
      'parentbased_always_on',
    ratio: reader.read('OTEL_TRACES_SAMPLER_ARG', ratio, '1') ?? 1,
  };
}
