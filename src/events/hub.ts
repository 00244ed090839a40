import { type Place, START } from './cursor.js';
import type { EventRow } from './event.js';
import { LiveQueue } from './live-queue.js';
import { PublishedEvent } from './published-event.js';

export interface HubLimits {
  /** How many events may wait for one subscriber. */
  readonly queueMax: number;
  /** After how long without an event a subscriber is told how far the log has come. */
  readonly progressIntervalMs: number;
}

/** The subscribers to every user's events. */
const ALL = '*';
/** Idle subscribers are looked for so many times an interval. */
const SWEEPS = 10;

/** Hands each event of the log to whoever watches its user, and to whoever watches all. */
export class Hub {
  readonly #queues = new Map<string, Set<LiveQueue>>();
  #head: Place = START;
  #sweep: NodeJS.Timeout | undefined;

  constructor(
    private readonly limits: HubLimits,
    /** Told what is new, after the subscribers. */
    private readonly onPublished: (rows: readonly EventRow[]) => void = () => undefined,
  ) {}

  /** The newest event that was handed out. */
  get head(): Place {
    return this.#head;
  }

  get subscribers(): number {
    let count = 0;
    for (const queues of this.#queues.values()) count += queues.size;
    return count;
  }

  /** Begins after an event that is there already. */
  start(head: Place): void {
    this.#head = head;
    const { progressIntervalMs } = this.limits;
    this.#sweep = setInterval(() => this.#tellProgress(), progressIntervalMs / SWEEPS);
    this.#sweep.unref();
  }

  /** A queue of the events of one user, or of all, that come after the head and that the subscriber accepts. */
  attach(userId: string | undefined, accepts: (event: PublishedEvent) => boolean): LiveQueue {
    const topic = userId ?? ALL;
    const queues = this.#queues.get(topic) ?? new Set();
    this.#queues.set(topic, queues);
    const queue = new LiveQueue(this.#head, accepts, this.limits.queueMax, (detached) => {
      queues.delete(detached);
      if (queues.size === 0 && this.#queues.get(topic) === queues) this.#queues.delete(topic);
    });
    queues.add(queue);
    return queue;
  }

  publish(rows: readonly EventRow[]): void {
    for (const row of rows) {
      this.#head = { position: row.position, hash: row.hash };
      const event = new PublishedEvent(row);
      for (const topic of row.userId === null ? [ALL] : [row.userId, ALL]) {
        for (const queue of this.#queues.get(topic) ?? []) queue.push(event);
      }
    }
    if (rows.length > 0) this.onPublished(rows);
  }

  /** Ends every stream, as when the server shuts down. */
  close(): void {
    clearInterval(this.#sweep);
    for (const queue of this.#allQueues()) queue.end();
  }

  #tellProgress(): void {
    const idleSince = performance.now() - this.limits.progressIntervalMs * (1 - 1 / SWEEPS);
    for (const queue of this.#allQueues()) {
      if (queue.lastPushAt <= idleSince) queue.pushProgress(this.#head);
    }
  }

  #allQueues(): LiveQueue[] {
    return [...this.#queues.values()].flatMap((queues) => [...queues]);
  }
}
