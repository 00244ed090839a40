import { z } from 'zod';
import type { TokenSettings } from './access/settings.js';
import type { AnalyticsSettings } from './analytics/period.js';
import { readSettings } from './decision-settings.js';
import { type EdgeSettings, readEdgeSettings } from './edge-settings.js';
import type { LimitSettings } from './limits/settings.js';
import { isTimeZone } from './local-time.js';
import type { Settings } from './operations/settings.js';
import { choice, type Environment, flag, SettingReader, whole } from './setting-reader.js';
import type { TelemetrySettings } from './telemetry/settings.js';
import { readTelemetry } from './telemetry-settings.js';
import { readTokenSettings } from './token-settings.js';
import type { WebhookSettings } from './webhooks/settings.js';

export const DEVELOPMENT_KEY = 'dev-api-key';

export interface DatabaseConfig {
  readonly databaseUrl: string;
  readonly databasePoolMax: number;
}

export interface Config extends DatabaseConfig {
  readonly environment: 'development' | 'production' | 'test';
  readonly host: string;
  readonly port: number;
  readonly logLevel: string;
  readonly shutdownTimeoutMs: number;
  /** How many processes serve. */
  readonly workers: number;
  /** Keys that may do everything. */
  readonly apiKeys: readonly string[];
  /** How tokens are checked; none are accepted without. */
  readonly tokens?: TokenSettings | undefined;
  /** How often keys are read anew and the authority behind open sockets is checked again. */
  readonly accessCheckIntervalMs: number;
  readonly seedDemoData: boolean;
  readonly commit: { readonly lanes: number; readonly queueMax: number; readonly batchMax: number };
  readonly eventPollIntervalMs: number;
  readonly streams: { readonly queueMax: number; readonly progressIntervalMs: number };
  readonly webSocket: {
    readonly connectionsPerKeyMax: number;
    readonly subscriptionsPerSocketMax: number;
    readonly messageBytesMax: number;
    readonly pingIntervalMs: number;
    readonly initTimeoutMs: number;
  };
  readonly edge: EdgeSettings;
  readonly limits: LimitSettings;
  readonly settings: Settings;
  readonly webhooks: WebhookSettings;
  readonly telemetry: TelemetrySettings;
  readonly analytics: AnalyticsSettings;
  readonly rollups: { readonly intervalMs: number; readonly timeZone: string };
}

const PRODUCTION_KEY_LENGTH_MIN = 16;
const DAY_MS = 86_400_000;
const PER_MINUTE_MAX = 100_000_000;

/** Reads a whole number within bounds. */
type Count = (name: string, min: number, max: number, fallback: number) => number;

const databaseUrl = z
  .string()
  .regex(
    /^(sqlite:.+|postgres(ql)?:\/\/.+)$/,
    'must be sqlite:<path> or postgresql://user:password@host:port/database',
  );

const timeZone = z.string().refine(isTimeZone, 'must be an IANA time zone such as Asia/Kuala_Lumpur');

/** Reads the settings, each from its variable; every one that is wrong is named in the error. */
export function loadConfig(environment: Environment = process.env): Config {
  const reader = new SettingReader(environment);
  const mode =
    reader.read('NODE_ENV', choice('development', 'production', 'test'), 'development') ?? 'development';
  const production = mode === 'production';
  const database = readDatabase(reader);
  const sqlite = database.databaseUrl.startsWith('sqlite:');
  const count: Count = (name, min, max, fallback) =>
    reader.read(name, whole(min, max), String(fallback)) ?? fallback;
  const tokens = readTokenSettings(reader);
  const config: Config = {
    environment: mode,
    host:
      reader.read(
        'HOST',
        z.string().min(1, 'must be a host name or address'),
        production ? '0.0.0.0' : '127.0.0.1',
      ) ?? '',
    port: count('PORT', 0, 65_535, 4000),
    logLevel:
      reader.read(
        'LOG_LEVEL',
        choice('fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'),
        'info',
      ) ?? 'info',
    shutdownTimeoutMs: count('SHUTDOWN_TIMEOUT', 1, 600_000, 10_000),
    workers: count('WORKERS', 1, sqlite ? 1 : 64, 1),
    ...database,
    apiKeys: readKeys(reader, production, tokens !== undefined),
    tokens,
    accessCheckIntervalMs: count('ACCESS_CHECK_INTERVAL', 10, 20_000, 2_000),
    seedDemoData: reader.read('SEED_DEMO_DATA', flag, production ? 'false' : 'true') ?? false,
    commit: {
      lanes: count('COMMIT_LANES', 1, sqlite ? 1 : 64, sqlite ? 1 : 2),
      queueMax: count('COMMIT_QUEUE_MAX', 1, 1_000_000, 10_000),
      batchMax: count('COMMIT_BATCH_MAX', 1, 1000, 256),
    },
    eventPollIntervalMs: count('EVENT_POLL_INTERVAL', 10, 600_000, 1_000),
    streams: {
      queueMax: count('SUBSCRIBER_QUEUE_MAX', 1, 1_000_000, 1_000),
      progressIntervalMs: count('EVENT_PROGRESS_INTERVAL', 100, 600_000, 30_000),
    },
    webSocket: {
      connectionsPerKeyMax: count('WEBSOCKET_CONNECTIONS_PER_KEY_MAX', 1, 1_000_000, 1_000),
      subscriptionsPerSocketMax: count('SUBSCRIPTIONS_PER_SOCKET_MAX', 1, 100_000, 100),
      messageBytesMax: count('WEBSOCKET_MESSAGE_BYTES_MAX', 1_024, 10_485_760, 102_400),
      pingIntervalMs: count('WEBSOCKET_PING_INTERVAL', 100, 600_000, 12_000),
      initTimeoutMs: count('WEBSOCKET_INIT_TIMEOUT', 10, 600_000, 3_000),
    },
    edge: readEdgeSettings(reader, production),
    limits: readLimits(reader, count),
    settings: readSettings(reader, environment),
    webhooks: {
      allowPrivate: reader.read('WEBHOOK_ALLOW_PRIVATE', flag, 'false') ?? false,
      timeoutMs: count('WEBHOOK_TIMEOUT', 10, 60_000, 10_000),
      concurrency: count('WEBHOOK_CONCURRENCY', 1, 256, 16),
      pollIntervalMs: count('WEBHOOK_POLL_INTERVAL', 10, 600_000, 1_000),
      retryHorizonMs: count('WEBHOOK_RETRY_HORIZON', 1, 2_592_000, 86_400) * 1_000,
      endpointsMax: count('WEBHOOK_ENDPOINTS_MAX', 1, 1_000, 50),
      retentionMs: count('WEBHOOK_DELIVERY_RETENTION', 1, 3_650, 30) * DAY_MS,
    },
    telemetry: readTelemetry(reader),
    analytics: readAnalytics(reader),
    rollups: {
      intervalMs: count('ROLLUP_INTERVAL', 10, 600_000, 1_000),
      timeZone: reader.read('REPORTING_TIME_ZONE', timeZone, 'Asia/Kuala_Lumpur') ?? '',
    },
  };
  if (config.databasePoolMax < config.commit.lanes + 2) {
    reader.fail(
      'DATABASE_POOL_MAX',
      `must be at least COMMIT_LANES + 2, which is ${config.commit.lanes + 2}`,
    );
  }
  if (config.workers > 1 && config.telemetry.metrics.port !== undefined) {
    reader.fail(
      'METRICS_PORT',
      'must not be set with more than one of WORKERS: a scrape would meet any of them',
    );
  }
  reader.finish();
  return freeze(config);
}

function readLimits(reader: SettingReader, count: Count): LimitSettings {
  const perMinute = (name: string, fallback: number) => count(name, 1, PER_MINUTE_MAX, fallback);
  const queryCostMax = count('QUERY_COST_MAX', 1, 1_000_000, 5_000);
  const perWindow = {
    reads: perMinute('RATE_LIMIT_READS', 1_200_000),
    money: perMinute('RATE_LIMIT_MONEY', 60_000),
    subscriptions: perMinute('RATE_LIMIT_SUBSCRIPTIONS', 60_000),
    administration: perMinute('RATE_LIMIT_ADMINISTRATION', 6_000),
    'failed-authentications': perMinute('RATE_LIMIT_FAILED_AUTHENTICATIONS', 30),
  };
  if (perWindow.reads < queryCostMax) {
    reader.fail('RATE_LIMIT_READS', `must be at least QUERY_COST_MAX, which is ${queryCostMax}`);
  }
  const disabled = reader.read('RATE_LIMIT_DISABLED', flag, 'false') ?? false;
  return { queryCostMax, disabled, perWindow };
}

/** Reads only where the database is: what commands need that serve nobody. */
export function loadDatabaseConfig(environment: Environment = process.env): DatabaseConfig {
  const reader = new SettingReader(environment);
  const database = readDatabase(reader);
  reader.finish();
  return database;
}

/** What a report is made by: where the database is, and how amounts are converted. */
export function loadReportConfig(environment: Environment = process.env) {
  const reader = new SettingReader(environment);
  const config = {
    ...readDatabase(reader),
    rates: readSettings(reader, environment).rates,
    analytics: readAnalytics(reader),
  };
  reader.finish();
  return freeze(config);
}

function readAnalytics(reader: SettingReader): AnalyticsSettings {
  return { rangeDaysMax: reader.read('ANALYTICS_RANGE_DAYS_MAX', whole(1, 3_660), '731') ?? 731 };
}

function readDatabase(reader: SettingReader): DatabaseConfig {
  return {
    databaseUrl: reader.read('DATABASE_URL', databaseUrl, 'sqlite:./dompet.db') ?? '',
    databasePoolMax: reader.read('DATABASE_POOL_MAX', whole(2, 1000), '16') ?? 16,
  };
}

function readKeys(reader: SettingReader, production: boolean, tokens: boolean): readonly string[] {
  const shape = z.string().regex(/^[\x21-\x7e]{8,256}$/, 'must be 8 to 256 visible ASCII characters');
  // Its value must not be told, not even when it is wrong.
  const key = reader.read('API_KEY', z.string());
  if (key !== undefined && !shape.safeParse(key).success) {
    reader.fail('API_KEY', 'must be 8 to 256 visible ASCII characters');
  }
  if (!production) return key ? [key, DEVELOPMENT_KEY] : [DEVELOPMENT_KEY];
  if (!key && tokens) return [];
  if (!key || key === DEVELOPMENT_KEY || key.length < PRODUCTION_KEY_LENGTH_MIN) {
    reader.fail(
      'API_KEY',
      `must be set in production, to a secret of at least ${PRODUCTION_KEY_LENGTH_MIN} characters`,
    );
  }
  return key ? [key] : [];
}

function freeze<T extends object>(value: T): T {
  for (const member of Object.values(value)) if (member && typeof member === 'object') freeze(member);
  return Object.freeze(value);
}
