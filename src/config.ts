import { z } from 'zod';
import { ConfigError } from './errors.js';
import type { Setting } from './fraud/rule.js';
import { rules } from './fraud/rules/index.js';
import { parseMinor } from './money/amount.js';
import { findExponent } from './money/currency.js';
import { isRate, type Rates } from './money/rates.js';
import type { Settings } from './operations/settings.js';
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
  /** Keys that may do everything. */
  readonly apiKeys: readonly string[];
  readonly seedDemoData: boolean;
  readonly commit: { readonly lanes: number; readonly queueMax: number; readonly batchMax: number };
  readonly eventPollIntervalMs: number;
  readonly streams: { readonly queueMax: number; readonly progressIntervalMs: number };
  readonly webSocket: {
    readonly connectionsPerKeyMax: number;
    readonly subscriptionsPerSocketMax: number;
    readonly messageBytesMax: number;
    readonly pingIntervalMs: number;
  };
  readonly settings: Settings;
  readonly webhooks: WebhookSettings;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Rates that stand when the base currency is MYR and nothing else is said. */
const DEFAULT_BASE = 'MYR';
const DEFAULT_RATES: Readonly<Record<string, string>> = { SGD: '3.50', USD: '4.70' };
const RATE_VARIABLE = /^EXCHANGE_RATE_([A-Z]{3})_TO_([A-Z]{3})$/;
const PRODUCTION_KEY_LENGTH_MIN = 16;
const DAY_MS = 86_400_000;

/** The largest setting of money, in minor units: far inside BIGINT, whatever is added up. */
const MONEY_MAX = 10n ** 15n;
/** The largest factor of a rule, in hundredths. */
const FACTOR_MAX = 10n ** 9n;

const whole = (min: number, max: number) =>
  z
    .string()
    .regex(/^[0-9]{1,10}$/, 'must be a whole number')
    .transform(Number)
    .pipe(z.number().min(min, `must be at least ${min}`).max(max, `must be at most ${max}`));
const choice = <const T extends readonly [string, ...string[]]>(...values: T) =>
  z.enum(values, `must be one of ${values.join(', ')}`);
const flag = choice('true', 'false').transform((value) => value === 'true');
const databaseUrl = z
  .string()
  .regex(
    /^(sqlite:.+|postgres(ql)?:\/\/.+)$/,
    'must be sqlite:<path> or postgresql://user:password@host:port/database',
  );

/** Reads the settings, each from its variable; every one that is wrong is named in the error. */
export function loadConfig(environment: Environment = process.env): Config {
  const reader = new Reader(environment);
  const mode =
    reader.read('NODE_ENV', choice('development', 'production', 'test'), 'development') ?? 'development';
  const production = mode === 'production';
  const database = readDatabase(reader);
  const sqlite = database.databaseUrl.startsWith('sqlite:');
  const count = (name: string, min: number, max: number, fallback: number) =>
    reader.read(name, whole(min, max), String(fallback)) ?? fallback;
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
    ...database,
    apiKeys: readKeys(reader, production),
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
    },
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
  };
  if (config.databasePoolMax < config.commit.lanes + 2) {
    reader.fail(
      'DATABASE_POOL_MAX',
      `must be at least COMMIT_LANES + 2, which is ${config.commit.lanes + 2}`,
    );
  }
  reader.finish();
  return freeze(config);
}

/** Reads only where the database is: what commands need that serve nobody. */
export function loadDatabaseConfig(environment: Environment = process.env): DatabaseConfig {
  const reader = new Reader(environment);
  const database = readDatabase(reader);
  reader.finish();
  return database;
}

function readDatabase(reader: Reader): DatabaseConfig {
  return {
    databaseUrl: reader.read('DATABASE_URL', databaseUrl, 'sqlite:./dompet.db') ?? '',
    databasePoolMax: reader.read('DATABASE_POOL_MAX', whole(2, 1000), '16') ?? 16,
  };
}

/** Reads one variable after the other and remembers what is wrong with them. */
class Reader {
  readonly #problems: string[] = [];

  constructor(private readonly environment: Environment) {}

  read<T>(name: string, schema: z.ZodType<T>, fallback?: string): T | undefined {
    const given = this.environment[name];
    const text = given === undefined || given === '' ? fallback : given;
    if (text === undefined) return undefined;
    const parsed = schema.safeParse(text);
    if (parsed.success) return parsed.data;
    // A database's address may hold its password.
    const told = name === 'DATABASE_URL' ? '' : `, not ${JSON.stringify(text)}`;
    this.fail(name, `${parsed.error.issues[0]?.message}${told}`);
    return undefined;
  }

  fail(name: string, problem: string): void {
    this.#problems.push(`${name} ${problem}.`);
  }

  finish(): void {
    if (this.#problems.length > 0) throw new ConfigError(this.#problems.join('\n'));
  }
}

function readKeys(reader: Reader, production: boolean): readonly string[] {
  const shape = z.string().regex(/^[\x21-\x7e]{8,256}$/, 'must be 8 to 256 visible ASCII characters');
  // Its value must not be told, not even when it is wrong.
  const key = reader.read('API_KEY', z.string());
  if (key !== undefined && !shape.safeParse(key).success) {
    reader.fail('API_KEY', 'must be 8 to 256 visible ASCII characters');
  }
  if (!production) return key ? [key, DEVELOPMENT_KEY] : [DEVELOPMENT_KEY];
  if (!key || key === DEVELOPMENT_KEY || key.length < PRODUCTION_KEY_LENGTH_MIN) {
    reader.fail(
      'API_KEY',
      `must be set in production, to a secret of at least ${PRODUCTION_KEY_LENGTH_MIN} characters`,
    );
  }
  return key ? [key] : [];
}

function readSettings(reader: Reader, environment: Environment): Settings {
  const known = (code: string) => findExponent(code) !== undefined;
  const currency = z.string().refine(known, 'must be an ISO 4217 currency code');
  const base = reader.read('BASE_CURRENCY', currency, DEFAULT_BASE) ?? DEFAULT_BASE;
  const exponent = findExponent(base) ?? 0;
  const money = decimalSetting(exponent, MONEY_MAX, `must be a positive amount of ${base} such as 50000`);
  const minor = (name: string, fallback: string) => reader.read(name, money, fallback) ?? 0n;
  return {
    rates: readRates(reader, environment, base),
    transactionAmountMax: minor('MAX_TRANSACTION_AMOUNT', '50000'),
    dailySpendingMax: minor('DAILY_SPENDING_LIMIT', '100000'),
    fraud: readFraud(reader, environment, money),
  };
}

function decimalSetting(exponent: number, max: bigint, message: string) {
  return z.string().transform((text, context) => {
    const minor = parseMinor(text, exponent);
    if (minor !== undefined && minor > 0n && minor <= max) return minor;
    context.addIssue({ code: 'custom', message });
    return z.NEVER;
  });
}

function readRates(reader: Reader, environment: Environment, base: string): Rates {
  const perUnit = new Map([[base, '1']]);
  const rate = z
    .string()
    .refine(isRate, 'must be a positive decimal with at most 12 digits before and after the point');
  const defaults = base === DEFAULT_BASE ? DEFAULT_RATES : {};
  const codes = new Set(Object.keys(defaults));
  for (const name of Object.keys(environment)
    .filter((key) => key.startsWith('EXCHANGE_RATE_'))
    .sort()) {
    const [, from, to] = RATE_VARIABLE.exec(name) ?? [];
    if (!from || findExponent(from) === undefined || from === base || to !== base) {
      reader.fail(
        name,
        `must be named EXCHANGE_RATE_<CODE>_TO_${base}, with another ISO 4217 code than ${base}`,
      );
    } else codes.add(from);
  }
  for (const code of codes) {
    const text = reader.read(`EXCHANGE_RATE_${code}_TO_${base}`, rate, defaults[code]);
    if (text) perUnit.set(code, text);
  }
  return { base, perUnit };
}

function readFraud(reader: Reader, environment: Environment, money: z.ZodType<bigint>): Settings['fraud'] {
  const kinds: Record<Setting['kind'], z.ZodType<number | bigint>> = {
    count: whole(0, 100_000),
    hour: whole(0, 23),
    factor: decimalSetting(
      2,
      FACTOR_MAX,
      'must be a positive factor with at most two digits after the point',
    ),
    money,
  };
  const names = new Set([
    'FRAUD_SCORE_MONITOR_THRESHOLD',
    'FRAUD_SCORE_REVIEW_THRESHOLD',
    'FRAUD_SCORE_HIGH_THRESHOLD',
  ]);
  const parsed: Record<string, Record<string, number | bigint>> = {};
  for (const rule of rules) {
    const values: Record<string, number | bigint> = {};
    for (const [key, setting] of Object.entries<Setting>(rule.settings)) {
      names.add(setting.variable);
      const schema = key === 'points' ? whole(0, 100) : kinds[setting.kind];
      values[key] = reader.read(setting.variable, schema, setting.default) ?? 0;
    }
    parsed[rule.flag] = values;
  }
  for (const name of Object.keys(environment)) {
    if (name.startsWith('FRAUD_') && !names.has(name))
      reader.fail(name, `is no setting; there are ${[...names].join(', ')}`);
  }
  const threshold = (name: string, fallback: string) => reader.read(name, whole(1, 101), fallback) ?? 0;
  const monitorScore = threshold('FRAUD_SCORE_MONITOR_THRESHOLD', '40');
  const reviewScore = threshold('FRAUD_SCORE_REVIEW_THRESHOLD', '60');
  const highScore = threshold('FRAUD_SCORE_HIGH_THRESHOLD', '80');
  if (monitorScore > reviewScore)
    reader.fail('FRAUD_SCORE_MONITOR_THRESHOLD', 'must not exceed FRAUD_SCORE_REVIEW_THRESHOLD');
  if (reviewScore > highScore)
    reader.fail('FRAUD_SCORE_REVIEW_THRESHOLD', 'must not exceed FRAUD_SCORE_HIGH_THRESHOLD');
  return { rules: parsed, monitorScore, reviewScore, highScore };
}

function freeze<T extends object>(value: T): T {
  for (const member of Object.values(value)) if (member && typeof member === 'object') freeze(member);
  return Object.freeze(value);
}
