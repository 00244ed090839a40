import type { MikroORM } from '@mikro-orm/core';
import { Event, EventLogHead, type EventRow, HEAD_ID } from './event.js';

const READ_MAX = 500;

export interface TailDependencies {
  readonly orm: MikroORM;
  readonly pollIntervalMs: number;
  /** Told of every event, in the log's order, each once. */
  readonly publish: (events: readonly EventRow[]) => void;
  readonly onFault: (error: unknown) => void;
}

/**
 * Follows the event log by position, whichever server wrote it. This server's own commits are handed over as they
 * happen, other servers' come by a wake-up; the poll heals whatever wake-up was lost.
 */
export class Tail {
  #position = 0;
  #reading: Promise<void> | undefined;
  #again = false;
  #poll: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(private readonly dependencies: TailDependencies) {}

  /** The newest position that was published. */
  get position(): number {
    return this.#position;
  }

  /** Starts after the newest event there is. */
  async start(): Promise<void> {
    const { orm, pollIntervalMs } = this.dependencies;
    const head = await orm.em.fork().findOneOrFail(EventLogHead, HEAD_ID);
    this.#position = head.position;
    this.#poll = setInterval(() => this.wake(), pollIntervalMs);
    this.#poll.unref();
  }

  /** Takes in what this server has just committed: at once if it is next in the log, by reading otherwise. */
  offer(events: readonly EventRow[]): void {
    const [first] = events;
    if (!this.#reading && first?.position === this.#position + 1) this.#publish(events);
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
    while (this.#again && !this.#closed) {
      this.#again = false;
      try {
        const events = await this.dependencies.orm.em
          .fork()
          .find(
            Event,
            { position: { $gt: this.#position } },
            { orderBy: { position: 'asc' }, limit: READ_MAX, disableIdentityMap: true },
          );
        if (events.length > 0) this.#publish(events);
        if (events.length === READ_MAX) this.#again = true;
      } catch (error) {
        this.dependencies.onFault(error);
        return;
      }
    }
  }

  #publish(events: readonly EventRow[]): void {
    this.#position = (events.at(-1) as EventRow).position;
    this.dependencies.publish(events);
  }
}
