import cluster from 'node:cluster';
import { writeFileSync } from 'node:fs';
import { type App, buildApp } from './app.js';
import { type Config, DEVELOPMENT_KEY, loadConfig, loadDatabaseConfig, loadReportConfig } from './config.js';
import { checkBaseCurrency, connect, migrate } from './database.js';
import { ConfigError } from './errors.js';
import { createSchema, printApi } from './graphql/schema.js';
import { keysCommand } from './keys-command.js';
import { createLogger } from './log.js';
import { readOptions } from './report/read-options.js';
import { report } from './report/report.js';
import { verify } from './verification/verify.js';
import { startWorkers } from './workers.js';

const commands: Readonly<Record<string, () => Promise<void>>> = {
  serve,
  migrate: async () => {
    const orm = await connect(loadDatabaseConfig());
    await migrate(orm).finally(() => orm.close());
    print('The database is up to date.');
  },
  verify: async () => {
    const orm = await connect({ ...loadDatabaseConfig(), readOnly: true });
    const { problem, summary } = await verify(orm).finally(() => orm.close());
    print(problem ?? summary);
    if (problem) process.exitCode = 1;
  },
  keys: async () => {
    const orm = await connect(loadDatabaseConfig());
    try {
      await migrate(orm);
      print(await keysCommand(orm, process.argv.slice(3)));
    } finally {
      await orm.close();
    }
  },
  report: async () => {
    const options = readOptions(process.argv.slice(3));
    const config = loadReportConfig();
    const orm = await connect({ ...config, readOnly: true });
    const work = async () => {
      await checkBaseCurrency(orm.em, config.rates.base);
      return report(orm.em, options, config);
    };
    print(await work().finally(() => orm.close()));
  },
  schema: async () => writeFileSync('schema.graphql', printApi(createSchema())),
};

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

async function serve(): Promise<void> {
  const config = loadConfig();
  if (config.workers > 1 && cluster.isPrimary) return lead(config);
  const starting = buildApp(config);
  // From the first moment on: who is told to stop while it starts, stops once it has started.
  onceTold(() => stop(starting, config));
  const app = await starting;
  if (config.environment !== 'production' && cluster.isPrimary) print(welcome(app.url));
}

/** Serves by several processes; this one brings the database up to date and looks after them. */
async function lead(config: Config): Promise<void> {
  const orm = await connect(config);
  await migrate(orm).finally(() => orm.close());
  const workers = startWorkers(config, createLogger(config.logLevel));
  onceTold(() => {
    setTimeout(() => process.exit(1), config.shutdownTimeoutMs).unref();
    workers.stop();
  });
  void workers.ended.then((status) => process.exit(status));
  const url = await workers.listening;
  if (config.environment !== 'production') print(welcome(url));
}

/** Once, however often and by whichever signal it is told: a terminal tells workers besides whoever leads them. */
function onceTold(end: () => void): void {
  let told = false;
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      if (!told) end();
      told = true;
    });
  }
}

function stop(starting: Promise<App>, { shutdownTimeoutMs }: Config): void {
  setTimeout(() => process.exit(1), shutdownTimeoutMs).unref();
  starting
    .then((app) => app.close())
    .then(
      () => process.exit(0),
      (error) => fail(error),
    );
}

/** What a newcomer sees; in production the log says where the server listens. */
function welcome(url: string): string {
  return [
    '',
    '  Dompet is ready.',
    `  GraphQL     ${url}/graphql`,
    `  Sandbox     ${url}/graphql  (in a browser)`,
    `  WebSocket   ${url.replace(/^http/, 'ws')}/graphql`,
    `  Health      ${url}/health`,
    `  X-API-Key   ${DEVELOPMENT_KEY}  (works in development only)`,
    '',
  ].join('\n');
}

function fail(error: unknown): never {
  const text = error instanceof ConfigError ? error.message : String((error as Error)?.stack ?? error);
  process.stderr.write(`${text}\n`);
  process.exit(1);
}

const name = process.argv[2] ?? 'serve';
const command = commands[name];
if (command) command().catch(fail);
else fail(new ConfigError(`There is no command ${name}; there are ${Object.keys(commands).join(', ')}.`));
