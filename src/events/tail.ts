import type { MikroORM } from '@mikro-orm/core';
import { Event, EventLogHead, type EventRow, HEAD_ID } from './event.js';
import type { Hub } from './hub.js';

const READ_MAX = 500;

export interface TailDependencies {
  readonly orm: MikroORM;
  readonly pollIntervalMs: number;
  /** Handed every event, in the log's order, each once. */
  readonly hub: Hub;
  readonly onFault: (error: unknown) => void;
}

/**
 * Follows the event log by position, whichever server wrote it. This server's own commits are handed over as they
 * happen, other servers' come by a wake-up; the poll heals whatever wake-up was lost.
 */
export class Tail {
  #reading: Promise<void> | undefined;
  #again = false;
  #poll: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(private readonly dependencies: TailDependencies) {}

  /** Starts after the newest event there is. */
  async start(): Promise<void> {
    const { orm, hub, pollIntervalMs } = this.dependencies;
    const head = await orm.em.fork().findOneOrFail(EventLogHead, HEAD_ID);
    hub.start({ position: head.position, hash: head.hash });
    this.#poll = setInterval(() => this.wake(), pollIntervalMs);
    this.#poll.unref();
  }

  /** Takes in what this server has just committed: at once if it is next in the log, by reading otherwise. */
  offer(events: readonly EventRow[]): void {
    const [first] = events;
    const { hub } = this.dependencies;
    if (!this.#reading && first?.position === hub.head.position + 1) hub.publish(events);
    else this.wake();
  }

  /** There may be something new. */
  wake(): void {
    this.#again = true;
    if (this.#closed) return;
    this.#reading ??= this.#read().finally(() => {
      this.#reading = undefined;
      if (this.#again) this.wake();
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#poll);
    await this.#reading;
  }

  async #read(): Promise<void> {
    const { orm, hub } = this.dependencies;
    while (this.#again && !this.#closed) {
      this.#again = false;
      try {
        const events = await orm.em
          .fork()
          .find(
            Event,
            { position: { $gt: hub.head.position } },
            { orderBy: { position: 'asc' }, limit: READ_MAX, disableIdentityMap: true },
          );
        hub.publish(events);
        if (events.length === READ_MAX) this.#again = true;
      } catch (error) {
        this.dependencies.onFault(error);
        return;
      }
    }
  }
}
