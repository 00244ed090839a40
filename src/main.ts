import { writeFileSync } from 'node:fs';
import { type App, buildApp } from './app.js';
import { type Config, DEVELOPMENT_KEY, loadConfig } from './config.js';
import { connect, migrate } from './database.js';
import { ConfigError } from './errors.js';
import { createSchema, printApi } from './graphql/schema.js';
import { verify } from './verification/verify.js';

const commands: Readonly<Record<string, () => Promise<void>>> = {
  serve,
  migrate: async () => {
    const orm = await connect(loadConfig());
    await migrate(orm).finally(() => orm.close());
    print('The database is up to date.');
  },
  verify: async () => {
    const orm = await connect({ ...loadConfig(), readOnly: true });
    const { problem, summary } = await verify(orm).finally(() => orm.close());
    print(problem ?? summary);
    if (problem) process.exitCode = 1;
  },
  schema: async () => writeFileSync('schema.graphql', printApi(createSchema())),
};

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

async function serve(): Promise<void> {
  const config = loadConfig();
  const app = await buildApp(config);
  print(welcome(config, app.url));
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => stop(app, config));
}

function stop(app: App, { shutdownTimeoutMs }: Config): void {
  setTimeout(() => process.exit(1), shutdownTimeoutMs).unref();
  app.close().then(
    () => process.exit(0),
    (error) => fail(error),
  );
}

function welcome(config: Config, url: string): string {
  const development = config.environment !== 'production';
  return [
    '',
    '  Dompet is ready.',
    `  GraphQL     ${url}/graphql`,
    ...(development ? [`  Sandbox     ${url}/graphql  (in a browser)`] : []),
    `  WebSocket   ${url.replace(/^http/, 'ws')}/graphql`,
    `  Health      ${url}/health`,
    ...(development ? [`  X-API-Key   ${DEVELOPMENT_KEY}  (works in development only)`] : []),
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
