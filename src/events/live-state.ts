import { Answers } from './answers.js';
import type { Hub } from './hub.js';
import type { LiveQueue } from './live-queue.js';
import type { PublishedEvent } from './published-event.js';

/** The shortest time from one reading of a state to the next. */
const INTERVAL_MS = 1_000;

/** A state as subscribers get it; those who ask the same of it share the answer. */
export class State<T> extends Answers {
  constructor(
    readonly value: T,
    /** Which reading of it this is, from 1. */
    readonly number: number,
  ) {
    super();
  }
}

/** What a state is made of, and what changes it. */
export interface StateSource<T> {
  /** One user's, or everybody's events. */
  readonly userId?: string | undefined;
  readonly changes: (event: PublishedEvent) => boolean;
  readonly read: () => Promise<T>;
}

/**
 * One state that is watched, read for all its watchers together: when the first comes, then at most once a second when an
 * event has changed it, and when nothing has happened for as long as streams tell their progress, since a day may have
 * gone by. It ends with its last watcher, with the hub, or when it cannot be read.
 */
export class LiveState<T> {
  readonly #queue: LiveQueue;
  #current: State<T> | undefined;
  /** How many readings were begun. */
  #begun = 0;
  /** Whether something has changed since the newest reading was begun. */
  #stale = true;
  #reading = false;
  #readAt = Number.NEGATIVE_INFINITY;
  #timer: NodeJS.Timeout | undefined;
  #end: { readonly error?: unknown } | undefined;
  #watchers = 0;
  #wake: Array<() => void> = [];

  constructor(
    hub: Hub,
    private readonly source: StateSource<T>,
    private readonly onEnd: () => void,
  ) {
    // One event is enough to know: until the state is read again, no other is let into the queue.
    this.#queue = hub.attach(
      source.userId,
      (event) => !this.#stale && source.changes(event) && this.#spoil(),
    );
    this.#follow().catch((error) => this.#stop({ error }));
    this.#schedule();
  }

  /** Takes in a watcher, and returns the number of the first reading that tells all that has happened by now. */
  enter(): number {
    this.#watchers += 1;
    return this.#stale ? this.#begun + 1 : this.#begun;
  }

  leave(): void {
    this.#watchers -= 1;
    if (this.#watchers === 0) this.#stop({});
    else this.#wakeAll();
  }

  /** The newest reading once it has at least this number; `undefined` once the state, or the watcher, has ended. */
  async atLeast(number: number, hasLeft: () => boolean): Promise<State<T> | undefined> {
    for (;;) {
      if (hasLeft()) return undefined;
      if (this.#end) {
        if ('error' in this.#end) throw this.#end.error;
        return undefined;
      }
      if (this.#current && this.#current.number >= number) return this.#current;
      await new Promise<void>((resolve) => this.#wake.push(resolve));
    }
  }

  #spoil(): true {
    this.#stale = true;
    return true;
  }

  /** Takes what the hub has, be it an event or a sign of life, until it closes. */
  async #follow(): Promise<void> {
    while (await this.#queue.take()) {
      this.#stale = true;
      this.#schedule();
    }
    this.#stop({});
  }

  #schedule(): void {
    if (this.#end || this.#reading || this.#timer || !this.#stale) return;
    const wait = Math.max(0, this.#readAt + INTERVAL_MS - performance.now());
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#read().catch((error) => this.#stop({ error }));
    }, wait);
  }

  async #read(): Promise<void> {
    this.#begun += 1;
    this.#stale = false;
    this.#reading = true;
    this.#readAt = performance.now();
    this.#current = new State(await this.source.read(), this.#begun);
    this.#reading = false;
    this.#wakeAll();
    this.#schedule();
  }

  #stop(end: { readonly error?: unknown }): void {
    if (this.#end) return;
    this.#end = end;
    clearTimeout(this.#timer);
    this.#queue.end();
    this.onEnd();
    this.#wakeAll();
  }

  #wakeAll(): void {
    for (const resolve of this.#wake.splice(0)) resolve();
  }
}
