import type { MikroORM } from '@mikro-orm/core';
import { advance } from './advance.js';

/** Events of one transaction: enough to spare commits, few enough that little is lost when another server is first. */
const BATCH_MAX = 1_000;

export interface RollupJobDependencies {
  readonly orm: MikroORM;
  readonly intervalMs: number;
  readonly onFault: (error: unknown) => void;
}

/**
 * Follows the event log into the rollups, once an interval and until it has caught up. Every server runs one; whichever
 * comes first does the work, and one that was outrun leaves it to the other until its next turn.
 */
export class RollupJob {
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;
  #closed = false;

  constructor(private readonly dependencies: RollupJobDependencies) {}

  start(): void {
    this.#timer = setInterval(() => this.#wake(), this.dependencies.intervalMs);
    this.#timer.unref();
    this.#wake();
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#timer);
    await this.#running;
  }

  #wake(): void {
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
    });
  }

  async #run(): Promise<void> {
    const { orm, onFault } = this.dependencies;
    try {
      while (!this.#closed && (await advance(orm, BATCH_MAX)) === 'more');
    } catch (error) {
      onFault(error);
    }
  }
}
