import type { Place } from './cursor.js';
import type { PublishedEvent } from './published-event.js';

/** A subscriber did not read as fast as events came: its stream ends, nobody else notices. */
export class SlowConsumerError extends Error {
  override readonly name = 'SlowConsumerError';

  constructor(
    /** After the last event that the subscriber took: from there it can go on. */
    readonly resumeAfter: Place,
  ) {
    super('This subscription fell too far behind and was ended; subscribe again after the last cursor.');
  }
}

/** What a queue holds: an event, or a mere sign of how far the log has come without one for this subscriber. */
export type Queued = PublishedEvent | { readonly progress: Place };

/** One subscriber's bounded queue of live events. Its taker waits at most once at a time. */
export class LiveQueue {
  /** When something was last put in, by `performance.now()`. */
  lastPushAt = performance.now();
  #items: Queued[] = [];
  #wake: (() => void) | undefined;
  #state: 'open' | 'ended' | 'overflowed' = 'open';

  constructor(
    /** After the last thing that was taken; at first, where the queue begins. */
    public taken: Place,
    private readonly accepts: (event: PublishedEvent) => boolean,
    private readonly queueMax: number,
    private readonly detach: (queue: LiveQueue) => void,
  ) {}

  push(event: PublishedEvent): void {
    if (this.#state === 'open' && this.accepts(event)) this.#put(event);
  }

  pushProgress(progress: Place): void {
    if (this.#state === 'open') this.#put({ progress });
  }

  /** The next thing, once there is one; `undefined` when the stream has ended. Throws when it overflowed. */
  async take(): Promise<Queued | undefined> {
    for (;;) {
      const item = this.#items.shift();
      if (item) return item;
      if (this.#state === 'overflowed') {
        this.#state = 'ended';
        throw new SlowConsumerError(this.taken);
      }
      if (this.#state === 'ended') return undefined;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  end(): void {
    this.#stop('ended');
  }

  #put(item: Queued): void {
    if (this.#items.length >= this.queueMax) {
      this.#stop('overflowed');
      return;
    }
    this.#items.push(item);
    this.lastPushAt = performance.now();
    this.#wake?.();
    this.#wake = undefined;
  }

  #stop(state: 'ended' | 'overflowed'): void {
    if (this.#state !== 'open') return;
    this.#state = state;
    this.#items = [];
    this.detach(this);
    this.#wake?.();
  }
}
