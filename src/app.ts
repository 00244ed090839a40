import { LockMode, type MikroORM } from '@mikro-orm/core';
import { Access } from './access/access.js';
import { type Clock, systemClock } from './clock.js';
import type { Config } from './config.js';
import { connect, migrate, refuseOtherBase } from './database.js';
import { dialectOf } from './db/dialect.js';
import { inTransaction } from './db/transaction.js';
import { openEdge } from './edge.js';
import { createAnnouncements } from './events/announce.js';
import type { AuditLog } from './events/audit.js';
import { EventLogHead, HEAD_ID } from './events/event.js';
import { Hub } from './events/hub.js';
import { LiveStates } from './events/live-states.js';
import { Tail } from './events/tail.js';
import { createCounter } from './limits/counter.js';
import { RateLimits } from './limits/rate-limits.js';
import { createLogger, type Logger } from './log.js';
import { type AnyCommand, commitBatch } from './operations/commit-batch.js';
import { CommitQueue } from './operations/commit-queue.js';
import { ObservedQueue } from './operations/observed-queue.js';
import { bindTimeZone } from './rollups/bind-time-zone.js';
import { RollupJob } from './rollups/job.js';
import { seedDemoData } from './seed.js';
import { openTelemetry } from './telemetry/telemetry.js';
import { type Resolve, systemResolve } from './webhooks/address.js';
import { WebhookWorker } from './webhooks/worker.js';

export interface App {
  /** Where it listens, such as `http://127.0.0.1:4000`. */
  readonly url: string;
  /** Where `/metrics` is served, if anywhere. */
  readonly metricsUrl: string | undefined;
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
    const onFault = (error: unknown, context: object = {}) => log.error({ err: error, ...context }, 'fault');
    const telemetry = await openTelemetry(config.telemetry, clock, onFault);
    closers.push(() => telemetry.close());
    const { observer } = telemetry;
    const hub = new Hub(config.streams, (events) => {
      worker.wakeForEvents();
      observer?.onPublished?.(events);
    });
    const { announce, listen } = createAnnouncements(orm, onFault);
    const { resolve = systemResolve, random = Math.random } = overrides;
    const access = new Access({
      orm,
      clock,
      settings: {
        apiKeys: config.apiKeys,
        tokens: config.tokens,
        checkIntervalMs: config.accessCheckIntervalMs,
      },
      onFault,
    });
    await access.start();
    closers.push(() => access.close());
    const worker = new WebhookWorker({
      orm,
      clock,
      settings: config.webhooks,
      resolve,
      random,
      onAppended: (events) => tail.offer(events),
      announce,
      onFault,
      onSend: observer?.onSend,
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
    const commit = (commands: readonly AnyCommand[]) =>
      commitBatch(commands, {
        orm,
        clock,
        settings: config.settings,
        // Whoever moved money is answered before all who watch are told.
        onCommitted: (events) => void setImmediate(() => tail.offer(events)),
        onFault,
        announce,
        onAttempt: observer?.onAttempt,
      });
    const queue = observer?.onCommand
      ? new ObservedQueue(commit, config.commit, observer.onCommand)
      : new CommitQueue(commit, config.commit);
    closers.push(() => queue.close());
    if (config.seedDemoData) await seedDemoData(queue, config.settings);
    const auditLog: AuditLog = { announce, onAppended: (events) => tail.offer(events) };
    const limits = new RateLimits(await createCounter(orm, onFault), config.limits);
    const { url, sockets, closeEdge } = await openEdge(
      config,
      access,
      {
        orm,
        queue,
        hub,
        clock,
        settings: config.settings,
        webhooks: { orm, clock, settings: config.webhooks, resolve, auditLog, wake: () => worker.wake() },
        apiKeys: { orm, clock, auditLog, onChanged: () => access.keys.load().catch(onFault) },
        states: new LiveStates(hub),
        analytics: config.analytics,
        observer,
      },
      limits,
      log,
    );
    closers.push(async () => {
      // Nothing more is claimed from the first moment on; what is under way may end while the edge closes.
      const workerClosed = worker.close();
      await closeEdge();
      await workerClosed;
    });
    const metrics = await telemetry.serve({ orm, clock, queue, hub, sockets });
    closers.push(async () => metrics?.close());
    const metricsUrl = metrics?.url;
    log.info({ url, metricsUrl, database: dialectOf(orm.em).name }, 'listening');
    return { url, metricsUrl, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** All stored base amounts are in one currency: the first start settles which, and no later one may change it. */
async function claimBaseCurrency(orm: MikroORM, base: string): Promise<void> {
  const em = orm.em.fork();
  await inTransaction(em, async () => {
    const head = await em.findOneOrFail(EventLogHead, HEAD_ID, { lockMode: LockMode.PESSIMISTIC_WRITE });
    refuseOtherBase(head, base);
    head.baseCurrency = base;
    await em.flush();
  });
}
