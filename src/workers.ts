import cluster, { type Worker } from 'node:cluster';
import type { Config } from './config.js';
import type { Logger } from './log.js';

const RESTART_DELAY_MIN_MS = 100;
const RESTART_DELAY_MAX_MS = 10_000;
/** Whoever has worked this long did not fail at the start. */
const SETTLED_MS = 30_000;

export interface Workers {
  /** Where they listen, once the first one does. */
  readonly listening: Promise<string>;
  /** The status to end with, once all have ended. */
  readonly ended: Promise<number>;
  /** Tells all to finish what they have accepted. */
  readonly stop: () => void;
}

/**
 * Runs the server in several processes that share one port, and starts another for one that dies. Each is a server of its
 * own, as on several machines; only the first brings the demo data.
 */
export function startWorkers(config: Config, log: Logger): Workers {
  const { promise: listening, resolve: tellUrl } = Promise.withResolvers<string>();
  const { promise: ended, resolve: end } = Promise.withResolvers<number>();
  const running = new Map<Worker, number>();
  let listens = false;
  let stopping = false;
  let status = 0;
  let delayMs = RESTART_DELAY_MIN_MS;

  // Workers take connections themselves: one that this process had handed to a dying worker would hang for ever.
  cluster.schedulingPolicy = cluster.SCHED_NONE;
  const start = (environment: Record<string, string> = { SEED_DEMO_DATA: 'false' }) => {
    if (stopping) return;
    const worker = cluster.fork(environment);
    running.set(worker, Date.now());
    log.info({ pid: worker.process.pid }, 'worker started');
  };
  const stop = () => {
    stopping = true;
    for (const worker of running.keys()) worker.process.kill('SIGTERM');
    if (running.size === 0) end(status);
  };
  cluster.on('listening', (_worker, { port }) => {
    listens = true;
    tellUrl(`http://${config.host.includes(':') ? `[${config.host}]` : config.host}:${port}`);
  });
  cluster.on('exit', (worker, code, signal) => {
    const lifeMs = Date.now() - (running.get(worker) ?? 0);
    running.delete(worker);
    log.info({ pid: worker.process.pid, code, signal }, 'worker ended');
    // What cannot even start once is not tried again, and one that does not end well is told.
    if (!listens) stop();
    if (stopping) {
      if (code !== 0) status = 1;
      if (running.size === 0) end(status);
      return;
    }
    delayMs = lifeMs > SETTLED_MS ? RESTART_DELAY_MIN_MS : Math.min(delayMs * 2, RESTART_DELAY_MAX_MS);
    setTimeout(start, delayMs);
  });
  start({});
  void listening.then(() => {
    for (let count = 1; count < config.workers; count += 1) start();
  });
  return { listening, ended, stop };
}
