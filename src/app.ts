import { LockMode, type MikroORM } from '@mikro-orm/core';
import { type Clock, systemClock } from './clock.js';
import type { Config } from './config.js';
import { connect, migrate } from './database.js';
import { dialectOf } from './db/dialect.js';
import { inTransaction } from './db/transaction.js';
import { ConfigError } from './errors.js';
import { createAnnouncements } from './events/announce.js';
import { EventLogHead, HEAD_ID } from './events/event.js';
import { Hub } from './events/hub.js';
import { LiveStates } from './events/live-states.js';
import { Tail } from './events/tail.js';
import { createAuthenticate } from './graphql/authentication.js';
import { addHealth } from './graphql/health.js';
import { createHttp } from './graphql/http.js';
import { createSchema } from './graphql/schema.js';
import { createWebSocket } from './graphql/websocket.js';
import { createLogger, type Logger } from './log.js';
import { commitBatch } from './operations/commit-batch.js';
import { CommitQueue } from './operations/commit-queue.js';
import { bindTimeZone } from './rollups/bind-time-zone.js';
import { RollupJob } from './rollups/job.js';
import { seedDemoData } from './seed.js';
import { VERSION } from './version.js';
import { type Resolve, systemResolve } from './webhooks/address.js';
import { WebhookWorker } from './webhooks/worker.js';

const IDLE_SWEEP_INTERVAL_MS = 50;

export interface App {
  /** Where it listens, such as `http://127.0.0.1:4000`. */
  readonly url: string;
  /** Stops accepting, finishes what was accepted, closes the sockets and then the database. */
  readonly close: () => Promise<void>;
}

export interface AppOverrides {
  readonly clock?: Clock;
  readonly log?: Logger;
  /** How hosts of webhooks are resolved, and what spreads their retries: from 0 to 1. */
  readonly resolve?: Resolve;
  readonly random?: () => number;
}

/** Puts the whole server together and starts it. Whatever is made before something fails is closed again. */
export async function buildApp(config: Config, overrides: AppOverrides = {}): Promise<App> {
  const clock = overrides.clock ?? systemClock;
  const log = overrides.log ?? createLogger(config.logLevel);
  const orm = await connect(config, (message) => log.warn({ source: 'mikro-orm' }, message));
  const closers: Array<() => Promise<unknown>> = [() => orm.close()];
  const close = async () => {
    for (const closer of closers.splice(0).reverse()) await closer();
  };
  try {
    await migrate(orm);
    await claimBaseCurrency(orm, config.settings.rates.base);
    await bindTimeZone(orm, config.rollups.timeZone);
    const hub = new Hub(config.streams, () => worker.wakeForEvents());
    const onFault = (error: unknown, context: object = {}) => log.error({ err: error, ...context }, 'fault');
    const { announce, listen } = createAnnouncements(orm, onFault);
    const { resolve = systemResolve, random = Math.random } = overrides;
    const worker = new WebhookWorker({
      orm,
      clock,
      settings: config.webhooks,
      resolve,
      random,
      onAppended: (events) => tail.offer(events),
      announce,
      onFault,
    });
    const tail = new Tail({ orm, pollIntervalMs: config.eventPollIntervalMs, hub, onFault });
    await tail.start();
    const stopListening = await listen(() => tail.wake());
    closers.push(async () => {
      await stopListening();
      await tail.close();
    });
    worker.start();
    closers.push(() => worker.close());
    const rollups = new RollupJob({ orm, intervalMs: config.rollups.intervalMs, onFault });
    rollups.start();
    closers.push(() => rollups.close());
    const queue = new CommitQueue(
      (commands) =>
        commitBatch(commands, {
          orm,
          clock,
          settings: config.settings,
          // Whoever moved money is answered before all who watch are told.
          onCommitted: (events) => void setImmediate(() => tail.offer(events)),
          onFault,
          announce,
        }),
      config.commit,
    );
    closers.push(() => queue.close());
    if (config.seedDemoData) await seedDemoData(queue, config.settings);
    const { url, closeEdge } = await openEdge(
      config,
      {
        orm,
        queue,
        hub,
        clock,
        settings: config.settings,
        webhooks: { orm, clock, settings: config.webhooks, resolve, wake: () => worker.wake() },
        states: new LiveStates(hub),
        analytics: config.analytics,
      },
      log,
    );
    closers.push(async () => {
      // Nothing more is claimed from the first moment on; what is under way may end while the edge closes.
      const workerClosed = worker.close();
      await closeEdge();
      await workerClosed;
    });
    log.info({ url, database: dialectOf(orm.em).name }, 'listening');
    return { url, close };
  } catch (error) {
    await close();
    throw error;
  }
}

type EdgeDependencies = Parameters<typeof createHttp>[0]['dependencies'];

async function openEdge(config: Config, dependencies: EdgeDependencies, log: Logger) {
  const schema = createSchema();
  const authenticate = createAuthenticate(config.apiKeys);
  const production = config.environment === 'production';
  const sandboxKey = production ? '' : (config.apiKeys[0] ?? '');
  const { server, apollo } = await createHttp({
    schema,
    dependencies,
    authenticate,
    production,
    sandboxKey,
    log,
  });
  let closing = false;
  addHealth(server, { orm: dependencies.orm, version: VERSION, isClosing: () => closing });
  const webSocket = createWebSocket({
    server: server.server,
    schema,
    dependencies,
    authenticate,
    log,
    limits: config.webSocket,
  });
  const url = await server.listen({ host: config.host, port: config.port }).catch((error: Error) => {
    throw new ConfigError(`HOST and PORT name an address where the server cannot listen: ${error.message}.`);
  });
  const closeEdge = async () => {
    closing = true;
    // New connections are refused from here on; requests under way finish, and with them what they put into the queue.
    const closed = server.close();
    await dependencies.queue.close();
    // What was committed last is handed to those who watch before their sockets close.
    await new Promise((resolve) => setImmediate(resolve));
    await webSocket.close();
    dependencies.hub.close();
    // A connection whose last answer was under way when the server closed would stay open for as long as its client likes.
    const sweep = setInterval(() => server.server.closeIdleConnections(), IDLE_SWEEP_INTERVAL_MS);
    await closed.finally(() => clearInterval(sweep));
    await apollo.stop();
  };
  return { url, closeEdge };
}

/** All stored base amounts are in one currency: the first start settles which, and no later one may change it. */
async function claimBaseCurrency(orm: MikroORM, base: string): Promise<void> {
  const em = orm.em.fork();
  await inTransaction(em, async () => {
    const head = await em.findOneOrFail(EventLogHead, HEAD_ID, { lockMode: LockMode.PESSIMISTIC_WRITE });
    if (head.baseCurrency && head.baseCurrency !== base) {
      throw new ConfigError(
        `BASE_CURRENCY is ${base}, but this database keeps its amounts in ${head.baseCurrency}: set BASE_CURRENCY=${head.baseCurrency} or use another database.`,
      );
    }
    head.baseCurrency = base;
    await em.flush();
  });
}
