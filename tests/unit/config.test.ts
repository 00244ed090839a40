import { describe, expect, it } from '@jest/globals';
import { type Config, DEVELOPMENT_KEY, loadConfig } from '../../src/config.js';
import { ConfigError } from '../../src/errors.js';

type Environment = Record<string, string>;

/** The lines of the error that stops the start. */
function problemsOf(environment: Environment): string[] {
  try {
    loadConfig(environment);
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    return (error as ConfigError).message.split('\n');
  }
  throw new Error('nothing was wrong');
}

const SECRET = 'a-secret-of-24-letters!!';
const production = { NODE_ENV: 'production', API_KEY: SECRET };

describe('the settings', () => {
  it('are those of the rules when nothing is set', () => {
    const config = loadConfig({});
    expect(config).toEqual({
      environment: 'development',
      host: '127.0.0.1',
      port: 4000,
      logLevel: 'info',
      shutdownTimeoutMs: 10_000,
      databaseUrl: 'sqlite:./dompet.db',
      databasePoolMax: 16,
      apiKeys: [DEVELOPMENT_KEY],
      tokens: undefined,
      accessCheckIntervalMs: 2_000,
      seedDemoData: true,
      workers: 1,
      commit: { lanes: 1, queueMax: 10_000, batchMax: 256 },
      eventPollIntervalMs: 1_000,
      streams: { queueMax: 1_000, progressIntervalMs: 30_000 },
      webSocket: {
        connectionsPerKeyMax: 1_000,
        subscriptionsPerSocketMax: 100,
        messageBytesMax: 102_400,
        pingIntervalMs: 12_000,
        initTimeoutMs: 3_000,
      },
      edge: {
        corsOrigins: ['http://127.0.0.1:4001', 'http://localhost:4001'],
        trustProxy: false,
        trustedDocuments: undefined,
      },
      limits: {
        queryCostMax: 5_000,
        disabled: false,
        perWindow: {
          reads: 1_200_000,
          money: 60_000,
          subscriptions: 60_000,
          administration: 6_000,
          'failed-authentications': 30,
        },
      },
      analytics: { rangeDaysMax: 731 },
      rollups: { intervalMs: 1_000, timeZone: 'Asia/Kuala_Lumpur' },
      settings: {
        rates: { base: 'MYR', perUnit: expect.anything() },
        transactionAmountMax: 5_000_000n,
        dailySpendingMax: 10_000_000n,
        fraud: {
          monitorScore: 40,
          reviewScore: 60,
          highScore: 80,
          rules: {
            HIGH_VELOCITY: { threshold: 5, windowSeconds: 600, points: 20 },
            SUSPICIOUS_VELOCITY: { threshold: 10, windowSeconds: 3_600, points: 20 },
            UNUSUAL_AMOUNT: { factorHundredths: 300n, windowDays: 30, points: 20 },
            HIGH_VALUE: { threshold: 1_000_000n, points: 20 },
            OFF_HOURS: { startHour: 23, endHour: 5, points: 20 },
            POSSIBLE_DUPLICATE: { windowSeconds: 300, points: 0 },
          },
        },
      },
      webhooks: {
        allowPrivate: false,
        timeoutMs: 10_000,
        concurrency: 16,
        pollIntervalMs: 1_000,
        retryHorizonMs: 86_400_000,
        endpointsMax: 50,
        retentionMs: 2_592_000_000,
      },
      telemetry: {
        metrics: { host: '127.0.0.1', port: undefined },
        traces: { url: undefined, sampler: 'parentbased_always_on', ratio: 1 },
      },
    });
    expect([...config.settings.rates.perUnit]).toEqual([
      ['MYR', '1'],
      ['SGD', '3.50'],
      ['USD', '4.70'],
    ]);
  });

  it('are the defaults for variables that are empty', () => {
    const empty = {
      PORT: '',
      API_KEY: '',
      EXCHANGE_RATE_SGD_TO_MYR: '',
      FRAUD_VELOCITY_THRESHOLD: '',
      NODE_ENV: '',
    };
    expect(loadConfig(empty)).toEqual(loadConfig({}));
  });

  it('are frozen through and through', () => {
    const { settings, commit, apiKeys } = loadConfig({});
    const { fraud } = settings;
    for (const part of [
      commit,
      apiKeys,
      settings,
      settings.rates,
      fraud,
      fraud.rules,
      ...Object.values(fraud.rules),
    ]) {
      expect(Object.isFrozen(part)).toBe(true);
    }
  });

  it.each<[Environment, (config: Config) => unknown, unknown]>([
    [{ HOST: '::1' }, ({ host }) => host, '::1'],
    [{ PORT: '0' }, ({ port }) => port, 0],
    [{ PORT: '65535' }, ({ port }) => port, 65_535],
    [{ LOG_LEVEL: 'silent' }, ({ logLevel }) => logLevel, 'silent'],
    [{ SEED_DEMO_DATA: 'false' }, ({ seedDemoData }) => seedDemoData, false],
    [{ API_KEY: SECRET }, ({ apiKeys }) => apiKeys, [SECRET, DEVELOPMENT_KEY]],
    [{ DATABASE_URL: 'postgres://u:p@h/d' }, ({ commit }) => commit.lanes, 2],
    [{ DATABASE_URL: 'postgresql://u:p@h/d', COMMIT_LANES: '14' }, ({ commit }) => commit.lanes, 14],
    [{ DATABASE_URL: 'postgresql://u:p@h/d', WORKERS: '8' }, ({ workers }) => workers, 8],
    [{ MAX_TRANSACTION_AMOUNT: '0.01' }, ({ settings }) => settings.transactionAmountMax, 1n],
    [{ DAILY_SPENDING_LIMIT: '250.5' }, ({ settings }) => settings.dailySpendingMax, 25_050n],
    [{ EXCHANGE_RATE_SGD_TO_MYR: '3.55' }, ({ settings }) => settings.rates.perUnit.get('SGD'), '3.55'],
    [{ EXCHANGE_RATE_KWD_TO_MYR: '15.3' }, ({ settings }) => settings.rates.perUnit.get('KWD'), '15.3'],
    [{ BASE_CURRENCY: 'JPY' }, ({ settings }) => [...settings.rates.perUnit], [['JPY', '1']]],
    [{ BASE_CURRENCY: 'JPY' }, ({ settings }) => settings.transactionAmountMax, 50_000n],
    [
      { BASE_CURRENCY: 'SGD', EXCHANGE_RATE_MYR_TO_SGD: '0.29' },
      ({ settings }) => [...settings.rates.perUnit],
      [
        ['SGD', '1'],
        ['MYR', '0.29'],
      ],
    ],
    [{ FRAUD_VELOCITY_THRESHOLD: '0' }, ({ settings }) => settings.fraud.rules.HIGH_VELOCITY?.threshold, 0],
    [
      { FRAUD_UNUSUAL_AMOUNT_FACTOR: '2.5' },
      ({ settings }) => settings.fraud.rules.UNUSUAL_AMOUNT?.factorHundredths,
      250n,
    ],
    [
      { FRAUD_HIGH_VALUE_THRESHOLD: '99.99' },
      ({ settings }) => settings.fraud.rules.HIGH_VALUE?.threshold,
      9_999n,
    ],
    [{ FRAUD_OFF_HOURS_START: '0' }, ({ settings }) => settings.fraud.rules.OFF_HOURS?.startHour, 0],
    [
      { CORS_ORIGINS: 'https://app.example.com, http://localhost:3000' },
      ({ edge }) => edge.corsOrigins,
      ['https://app.example.com', 'http://localhost:3000'],
    ],
    [{ CORS_ORIGINS: 'none' }, ({ edge }) => edge.corsOrigins, []],
    [production, ({ edge }) => edge.corsOrigins, []],
    [
      { TRUST_PROXY: '10.0.0.0/8, ::1, fd00::/8' },
      ({ edge }) => edge.trustProxy,
      ['10.0.0.0/8', '::1', 'fd00::/8'],
    ],
    [{ TRUST_PROXY: 'false' }, ({ edge }) => edge.trustProxy, false],
    [{ FRAUD_SCORE_REVIEW_THRESHOLD: '80' }, ({ settings }) => settings.fraud.reviewScore, 80],
  ])('follow %j', (environment, read, expected) => {
    expect(read(loadConfig(environment))).toEqual(expected);
  });
});

describe('a wrong variable stops the start with its name', () => {
  it.each([
    ['NODE_ENV', 'staging', 'must be one of development, production, test, not "staging".'],
    ['PORT', '65536', 'must be at most 65535, not "65536".'],
    ['PORT', '-1', 'must be a whole number, not "-1".'],
    ['PORT', '4000.5', 'must be a whole number, not "4000.5".'],
    ['PORT', '1e3', 'must be a whole number, not "1e3".'],
    ['PORT', ' 80', 'must be a whole number, not " 80".'],
    ['LOG_LEVEL', 'loud', 'must be one of fatal, error, warn, info, debug, trace, silent, not "loud".'],
    ['SHUTDOWN_TIMEOUT', '0', 'must be at least 1, not "0".'],
    ['DATABASE_URL', 'mysql://x', 'must be sqlite:<path> or postgresql://user:password@host:port/database.'],
    ['DATABASE_URL', 'sqlite:', 'must be sqlite:<path> or postgresql://user:password@host:port/database.'],
    ['DATABASE_POOL_MAX', '1', 'must be at least 2, not "1".'],
    ['RATE_LIMIT_MONEY', '0', 'must be at least 1, not "0".'],
    ['RATE_LIMIT_READS', '4999', 'must be at least QUERY_COST_MAX, which is 5000.'],
    ['DATABASE_POOL_MAX', '2', 'must be at least COMMIT_LANES + 2, which is 3.'],
    ['SEED_DEMO_DATA', 'yes', 'must be one of true, false, not "yes".'],
    ['COMMIT_LANES', '2', 'must be at most 1, not "2".'],
    ['WORKERS', '2', 'must be at most 1, not "2".'],
    ['COMMIT_QUEUE_MAX', '0', 'must be at least 1, not "0".'],
    ['COMMIT_BATCH_MAX', '1001', 'must be at most 1000, not "1001".'],
    ['EVENT_POLL_INTERVAL', '9', 'must be at least 10, not "9".'],
    ['ANALYTICS_RANGE_DAYS_MAX', '0', 'must be at least 1, not "0".'],
    ['REPORTING_TIME_ZONE', '+08:00', 'must be an IANA time zone such as Asia/Kuala_Lumpur, not "+08:00".'],
    ['ROLLUP_INTERVAL', '9', 'must be at least 10, not "9".'],
    ['SUBSCRIBER_QUEUE_MAX', 'many', 'must be a whole number, not "many".'],
    [
      'CORS_ORIGINS',
      '*',
      'must be none, or origins such as https://app.example.com with commas between them, not "*".',
    ],
    [
      'CORS_ORIGINS',
      'null',
      'must be none, or origins such as https://app.example.com with commas between them, not "null".',
    ],
    [
      'CORS_ORIGINS',
      'app.example.com',
      'must be none, or origins such as https://app.example.com with commas between them, not "app.example.com".',
    ],
    [
      'CORS_ORIGINS',
      'https://app.example.com/',
      'must be none, or origins such as https://app.example.com with commas between them, not "https://app.example.com/".',
    ],
    [
      'CORS_ORIGINS',
      'https://app.example.com/x',
      'must be none, or origins such as https://app.example.com with commas between them, not "https://app.example.com/x".',
    ],
    [
      'CORS_ORIGINS',
      'https://App.example.com',
      'must be none, or origins such as https://app.example.com with commas between them, not "https://App.example.com".',
    ],
    [
      'CORS_ORIGINS',
      'ftp://app.example.com',
      'must be none, or origins such as https://app.example.com with commas between them, not "ftp://app.example.com".',
    ],
    [
      'CORS_ORIGINS',
      'https://app.example.com,',
      'must be none, or origins such as https://app.example.com with commas between them, not "https://app.example.com,".',
    ],
    [
      'CORS_ORIGINS',
      'https://u@app.example.com',
      'must be none, or origins such as https://app.example.com with commas between them, not "https://u@app.example.com".',
    ],
    [
      'TRUST_PROXY',
      'true',
      'must be false, or addresses and CIDR ranges with commas between them, not "true".',
    ],
    [
      'TRUST_PROXY',
      'loopback',
      'must be false, or addresses and CIDR ranges with commas between them, not "loopback".',
    ],
    [
      'TRUST_PROXY',
      '10.0.0.0/33',
      'must be false, or addresses and CIDR ranges with commas between them, not "10.0.0.0/33".',
    ],
    [
      'TRUST_PROXY',
      '10.0.0',
      'must be false, or addresses and CIDR ranges with commas between them, not "10.0.0".',
    ],
    ['TRUST_PROXY', '1', 'must be false, or addresses and CIDR ranges with commas between them, not "1".'],
    [
      'TRUST_PROXY',
      '10.0.0.1,',
      'must be false, or addresses and CIDR ranges with commas between them, not "10.0.0.1,".',
    ],
    ['WEBSOCKET_INIT_TIMEOUT', '9', 'must be at least 10, not "9".'],
    ['WEBHOOK_ALLOW_PRIVATE', 'yes', 'must be one of true, false, not "yes".'],
    ['WEBHOOK_TIMEOUT', '60001', 'must be at most 60000, not "60001".'],
    ['WEBHOOK_CONCURRENCY', '0', 'must be at least 1, not "0".'],
    ['WEBHOOK_POLL_INTERVAL', '9', 'must be at least 10, not "9".'],
    ['WEBHOOK_RETRY_HORIZON', '0', 'must be at least 1, not "0".'],
    ['WEBHOOK_ENDPOINTS_MAX', '1001', 'must be at most 1000, not "1001".'],
    ['WEBHOOK_DELIVERY_RETENTION', '1.5', 'must be a whole number, not "1.5".'],
    ['MAX_TRANSACTION_AMOUNT', '0', 'must be a positive amount of MYR such as 50000, not "0".'],
    ['MAX_TRANSACTION_AMOUNT', '1.001', 'must be a positive amount of MYR such as 50000, not "1.001".'],
    [
      'MAX_TRANSACTION_AMOUNT',
      '10000000000000.01',
      'must be a positive amount of MYR such as 50000, not "10000000000000.01".',
    ],
    ['DAILY_SPENDING_LIMIT', '1e5', 'must be a positive amount of MYR such as 50000, not "1e5".'],
    [
      'EXCHANGE_RATE_SGD_TO_MYR',
      '0',
      'must be a positive decimal with at most 12 digits before and after the point, not "0".',
    ],
    [
      'EXCHANGE_RATE_SGD_TO_MYR',
      '-3.5',
      'must be a positive decimal with at most 12 digits before and after the point, not "-3.5".',
    ],
    [
      'EXCHANGE_RATE_MYR_TO_MYR',
      '1',
      'must be named EXCHANGE_RATE_<CODE>_TO_MYR, with another ISO 4217 code than MYR.',
    ],
    [
      'EXCHANGE_RATE_ABC_TO_MYR',
      '1',
      'must be named EXCHANGE_RATE_<CODE>_TO_MYR, with another ISO 4217 code than MYR.',
    ],
    [
      'EXCHANGE_RATE_SGD_TO_USD',
      '1',
      'must be named EXCHANGE_RATE_<CODE>_TO_MYR, with another ISO 4217 code than MYR.',
    ],
    [
      'EXCHANGE_RATE_SGD',
      '1',
      'must be named EXCHANGE_RATE_<CODE>_TO_MYR, with another ISO 4217 code than MYR.',
    ],
    [
      'EXCHANGE_RATE_sgd_TO_MYR',
      '1',
      'must be named EXCHANGE_RATE_<CODE>_TO_MYR, with another ISO 4217 code than MYR.',
    ],
    ['FRAUD_VELOCITY_THRESHOLD', '-1', 'must be a whole number, not "-1".'],
    ['FRAUD_VELOCITY_WINDOW_SECONDS', '100001', 'must be at most 100000, not "100001".'],
    ['FRAUD_VELOCITY_POINTS', '101', 'must be at most 100, not "101".'],
    [
      'FRAUD_UNUSUAL_AMOUNT_FACTOR',
      '0',
      'must be a positive factor with at most two digits after the point, not "0".',
    ],
    [
      'FRAUD_UNUSUAL_AMOUNT_FACTOR',
      '2.555',
      'must be a positive factor with at most two digits after the point, not "2.555".',
    ],
    ['FRAUD_HIGH_VALUE_THRESHOLD', 'x', 'must be a positive amount of MYR such as 50000, not "x".'],
    ['FRAUD_OFF_HOURS_START', '24', 'must be at most 23, not "24".'],
    ['FRAUD_SCORE_MONITOR_THRESHOLD', '61', 'must not exceed FRAUD_SCORE_REVIEW_THRESHOLD.'],
    ['FRAUD_SCORE_REVIEW_THRESHOLD', '81', 'must not exceed FRAUD_SCORE_HIGH_THRESHOLD.'],
    ['FRAUD_SCORE_REVIEW_THRESHOLD', '102', 'must be at most 101, not "102".'],
    ['API_KEY', 'short', 'must be 8 to 256 visible ASCII characters.'],
  ])('%s=%s', (name, value, problem) => {
    expect(problemsOf({ [name]: value })).toContain(`${name} ${problem}`);
  });

  it('without telling the password in the address of a database', () => {
    const text = problemsOf({ DATABASE_URL: 'postgresq://dompet:hush-hush@db/dompet' }).join('\n');
    expect(text).toMatch(/^DATABASE_URL must be /);
    expect(text).not.toContain('hush-hush');
  });

  it('when it is a fraud setting that does not exist, and tells those that do', () => {
    const [problem] = problemsOf({ FRAUD_VELOCITY_TRESHOLD: '5' });
    expect(problem).toMatch(
      /^FRAUD_VELOCITY_TRESHOLD is no setting; there are .*FRAUD_VELOCITY_THRESHOLD.*\.$/,
    );
  });

  it('when the base currency does not exist', () => {
    expect(problemsOf({ BASE_CURRENCY: 'ABC' })).toContain(
      'BASE_CURRENCY must be an ISO 4217 currency code, not "ABC".',
    );
  });

  it('with all that is wrong at once', () => {
    const problems = problemsOf({
      PORT: 'x',
      LOG_LEVEL: 'x',
      MAX_TRANSACTION_AMOUNT: 'x',
      EXCHANGE_RATE_XXX_TO_MYR: '1',
      FRAUD_NOPE: '1',
      API_KEY: 'x',
    });
    expect(problems.map((problem) => problem.split(' ')[0]).sort()).toEqual([
      'API_KEY',
      'EXCHANGE_RATE_XXX_TO_MYR',
      'FRAUD_NOPE',
      'LOG_LEVEL',
      'MAX_TRANSACTION_AMOUNT',
      'PORT',
    ]);
  });
});

const tokens = {
  JWT_SECRET: 'hush-hush, these are thirty-two bytes',
  JWT_ISSUER: 'https://login.example.com',
  JWT_AUDIENCE: 'dompet',
};

describe('tokens', () => {
  it('are checked by a shared secret', () => {
    expect(loadConfig(tokens).tokens).toEqual({
      key: { secret: tokens.JWT_SECRET },
      issuer: 'https://login.example.com',
      audience: 'dompet',
      algorithms: ['HS256'],
      clockToleranceSeconds: 30,
      rolesClaim: 'roles',
    });
  });

  it('or by published keys', () => {
    const { JWT_SECRET: _secret, ...published } = tokens;
    const environment = {
      ...published,
      JWT_JWKS_URL: 'https://login.example.com/keys',
      JWT_ALGORITHMS: 'ES256, EdDSA',
      JWT_CLOCK_TOLERANCE: '0',
      JWT_ROLES_CLAIM: 'https://example.com/roles',
    };
    expect(loadConfig(environment).tokens).toMatchObject({
      key: { jwksUrl: 'https://login.example.com/keys' },
      algorithms: ['ES256', 'EdDSA'],
      clockToleranceSeconds: 0,
      rolesClaim: 'https://example.com/roles',
    });
  });

  it.each<[string, Environment, string]>([
    [
      'JWT_ISSUER',
      { ...tokens, JWT_ISSUER: '' },
      'must be set to the `iss` of the tokens that are accepted.',
    ],
    [
      'JWT_AUDIENCE',
      { ...tokens, JWT_AUDIENCE: '' },
      'must be set to the `aud` that this API has in tokens.',
    ],
    ['JWT_SECRET', { ...tokens, JWT_SECRET: 'hush-hush' }, 'must have at least 32 bytes.'],
    [
      'JWT_SECRET',
      { ...tokens, JWT_JWKS_URL: 'https://login.example.com/keys' },
      'must not be set together with JWT_JWKS_URL: a token is checked in one way.',
    ],
    [
      'JWT_ALGORITHMS',
      { ...tokens, JWT_ALGORITHMS: 'RS256' },
      'must be some of HS256, HS384, HS512, not "RS256".',
    ],
    [
      'JWT_ALGORITHMS',
      { ...tokens, JWT_ALGORITHMS: 'none' },
      'must be some of HS256, HS384, HS512, not "none".',
    ],
    ['JWT_CLOCK_TOLERANCE', { ...tokens, JWT_CLOCK_TOLERANCE: '301' }, 'must be at most 300, not "301".'],
    ['JWT_ISSUER', { JWT_ISSUER: 'x' }, 'has no effect without JWT_JWKS_URL or JWT_SECRET.'],
    [
      'JWT_JWKS_URL',
      { JWT_JWKS_URL: 'http://login.example.com/keys' },
      'must be an https URL, or http on this machine, not "http://login.example.com/keys".',
    ],
  ])('stop the start when %s of %j is wrong', (name, environment, problem) => {
    const problems = problemsOf(environment);
    expect(problems).toContain(`${name} ${problem}`);
    expect(problems.join()).not.toContain('hush-hush');
  });

  it('stand for a key in production, but excuse no bad one', () => {
    expect(loadConfig({ NODE_ENV: 'production', ...tokens }).apiKeys).toEqual([]);
    expect(problemsOf({ NODE_ENV: 'production', ...tokens, API_KEY: 'too-short' })).toEqual([
      'API_KEY must be set in production, to a secret of at least 16 characters.',
    ]);
  });
});

describe('in production', () => {
  it('the key is the one that is set, demo data stays out and any address is listened on', () => {
    expect(loadConfig(production)).toMatchObject({ apiKeys: [SECRET], seedDemoData: false, host: '0.0.0.0' });
  });

  it.each([
    ['none', {}],
    ['an empty one', { API_KEY: '' }],
    ["the development's", { API_KEY: DEVELOPMENT_KEY }],
    ['one of fifteen characters', { API_KEY: 'fifteen-letters' }],
  ])('%s is not enough of a key', (_name, environment: Environment) => {
    expect(problemsOf({ NODE_ENV: 'production', ...environment })).toEqual([
      'API_KEY must be set in production, to a secret of at least 16 characters.',
    ]);
  });

  it('sixteen characters are enough', () => {
    expect(loadConfig({ NODE_ENV: 'production', API_KEY: 'sixteen--letters' }).apiKeys).toEqual([
      'sixteen--letters',
    ]);
  });

  it.each([`${SECRET} with spaces`, 'hush-hush', `${SECRET}é`])('a wrong key is never told: %s', (key) => {
    const text = problemsOf({ NODE_ENV: 'production', API_KEY: key, PORT: 'x' }).join('\n');
    expect(text).toContain('API_KEY');
    expect(text).not.toContain(key);
  });
});
