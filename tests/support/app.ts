import type { MikroORM } from '@mikro-orm/core';
import { GraphQLClient, type RequestDocument, type Variables } from 'graphql-request';
import { type App, type AppOverrides, buildApp } from '../../src/app.js';
import type { Clock } from '../../src/clock.js';
import { type Config, DEVELOPMENT_KEY, loadConfig } from '../../src/config.js';
import { connect } from '../../src/database.js';
import { createLogger } from '../../src/log.js';
import type { DatabaseKind, TestDatabase } from './databases.js';

/** A clock that stands still until it is told to move. */
export class FakeClock implements Clock {
  #now: Date;

  constructor(now: string) {
    this.#now = new Date(now);
  }

  now(): Date {
    return this.#now;
  }

  set(now: string): void {
    this.#now = new Date(now);
  }

  advance(ms: number): void {
    this.#now = new Date(this.#now.getTime() + ms);
  }
}

/** Noon in Kuala Lumpur on a working day: no rule of the night applies. */
export const NOON = '2026-03-10T04:00:00.000Z';

/** The answer to one request: data and errors side by side, as sent. */
export interface Answer {
  // biome-ignore lint/suspicious/noExplicitAny: a test reads whatever shape its document asked for.
  readonly data: any;
  readonly errors: ReadonlyArray<{
    readonly message: string;
    readonly path?: readonly string[];
    readonly extensions: Readonly<Record<string, unknown>>;
  }>;
  readonly status: number;
}

type Ask = (document: RequestDocument, variables?: Variables, key?: string) => Promise<Answer>;

export interface Beside {
  readonly app: App;
  readonly graphql: Ask;
}

export interface TestApp extends AsyncDisposable {
  readonly app: App;
  readonly config: Config;
  readonly clock: FakeClock;
  readonly database: TestDatabase;
  /** A connection beside the server's, for looking and for setting up what the API has no way to. */
  readonly orm: MikroORM;
  readonly graphql: Ask;
  /** Starts another server on the same database; closed with this one, if not before. */
  readonly startBeside: (changes?: Partial<Config>, overrides?: AppOverrides) => Promise<Beside>;
  readonly close: () => Promise<void>;
}

/** Starts a server on a fresh database, listening on a free port of this machine, with a clock that stands at noon. */
export async function startApp(
  kind: DatabaseKind,
  environment: Record<string, string> = {},
  clock: FakeClock = new FakeClock(NOON),
  overrides: AppOverrides = {},
): Promise<TestApp> {
  const database = await kind.create();
  const config = loadConfig({
    NODE_ENV: 'test',
    HOST: '127.0.0.1',
    PORT: '0',
    DATABASE_URL: database.url,
    SEED_DEMO_DATA: 'false',
    LOG_LEVEL: 'silent',
    RATE_LIMIT_DISABLED: 'true',
    ...environment,
  });
  const app = await buildApp(config, { clock, log: createLogger('silent'), ...overrides });
  const orm = await connect(config);
  const graphqlOf =
    (asked: App): Ask =>
    (document, variables, key = DEVELOPMENT_KEY) =>
      send(asked.url, document, variables, key);
  const beside: App[] = [];
  const startBeside = async (changes: Partial<Config> = {}, besides: AppOverrides = {}): Promise<Beside> => {
    const other = await buildApp(
      { ...config, ...changes },
      { clock, log: createLogger('silent'), ...besides },
    );
    beside.push(other);
    return { app: other, graphql: graphqlOf(other) };
  };
  const close = async () => {
    await orm.close();
    for (const one of [...beside, app]) await one.close();
    await database.drop();
  };
  return {
    app,
    config,
    clock,
    database,
    orm,
    close,
    graphql: graphqlOf(app),
    startBeside,
    [Symbol.asyncDispose]: close,
  };
}

/** Sends one request with graphql-request and hands back data and errors alike. */
export async function send(
  url: string,
  document: RequestDocument,
  variables: Variables | undefined,
  key: string,
): Promise<Answer> {
  const client = new GraphQLClient(`${url}/graphql`, { errorPolicy: 'all', headers: { 'x-api-key': key } });
  try {
    const { data, errors, status } = await client.rawRequest(document as string, variables);
    return { data, errors: (errors ?? []) as never, status };
  } catch (error) {
    const { response } = error as { response?: { errors?: never; data?: unknown; status: number } };
    if (!response) throw error;
    return { data: response.data, errors: response.errors ?? [], status: response.status };
  }
}
