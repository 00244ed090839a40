import type { EventRow } from './event.js';
import { type Payload, readPayload } from './payload.js';

/** An event as subscribers get it: its payload read once for all of them. */
export class PublishedEvent {
  #payload: Payload | undefined;

  constructor(readonly row: EventRow) {}

  get payload(): Payload {
    this.#payload ??= readPayload(this.row.payload);
    return this.#payload;
  }
}

/** A subscriber did not read as fast as events came: its stream ends, nobody else notices. */
export class SlowConsumerError extends Error {
  override readonly name = 'SlowConsumerError';

  constructor(
    /** The last event that the subscriber was handed; from there on it can catch up. */
    readonly lastPosition: number | undefined,
  ) {
    super('This subscription fell too far behind and was ended; subscribe again.');
  }
}

/** One subscriber's bounded queue, read as an async iterator. */
class EventStream implements AsyncIterableIterator<PublishedEvent> {
  #queue: PublishedEvent[] = [];
  #wake: (() => void) | undefined;
  #ended = false;
  #overflowed = false;
  #lastPosition: number | undefined;

  constructor(
    private readonly accepts: (event: PublishedEvent) => boolean,
    private readonly queueMax: number,
    private readonly onEnd: (stream: EventStream) => void,
  ) {}

  push(event: PublishedEvent): void {
    if (this.#ended || !this.accepts(event)) return;
    if (this.#queue.length >= this.queueMax) {
      this.#overflowed = true;
      this.#queue = [];
      this.end();
      return;
    }
    this.#queue.push(event);
    this.#wake?.();
  }

  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.onEnd(this);
    this.#wake?.();
  }

  async next(): Promise<IteratorResult<PublishedEvent>> {
    for (;;) {
      const event = this.#queue.shift();
      if (event) {
        this.#lastPosition = event.row.position;
        return { value: event, done: false };
      }
      if (this.#overflowed) {
        this.#overflowed = false;
        throw new SlowConsumerError(this.#lastPosition);
      }
      if (this.#ended) return { value: undefined, done: true };
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      this.#wake = undefined;
    }
  }

  async return(): Promise<IteratorResult<PublishedEvent>> {
    this.#queue = [];
    this.end();
    return { value: undefined, done: true };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}

/** The subscribers to every user's events. */
const ALL = '*';

/** Hands each event of the log to whoever watches its user, and to whoever watches all. */
export class Hub {
  readonly #streams = new Map<string, Set<EventStream>>();

  constructor(private readonly queueMax: number) {}

  get subscribers(): number {
    let count = 0;
    for (const streams of this.#streams.values()) count += streams.size;
    return count;
  }

  /** The events of one user, or of all, that are published from now on and that the subscriber accepts. */
  subscribe(
    userId: string | undefined,
    accepts: (event: PublishedEvent) => boolean,
  ): AsyncIterableIterator<PublishedEvent> {
    const topic = userId ?? ALL;
    const streams = this.#streams.get(topic) ?? new Set();
    this.#streams.set(topic, streams);
    const stream = new EventStream(accepts, this.queueMax, (ended) => {
      streams.delete(ended);
      if (streams.size === 0 && this.#streams.get(topic) === streams) this.#streams.delete(topic);
    });
    streams.add(stream);
    return stream;
  }

  publish(rows: readonly EventRow[]): void {
    for (const row of rows) {
      const event = new PublishedEvent(row);
      for (const topic of [row.userId, ALL]) {
        for (const stream of this.#streams.get(topic) ?? []) stream.push(event);
      }
    }
  }

  /** Ends every stream, as when the server shuts down. */
  close(): void {
    for (const streams of [...this.#streams.values()]) for (const stream of [...streams]) stream.end();
  }
}
