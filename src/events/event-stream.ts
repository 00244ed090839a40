import type { MikroORM } from '@mikro-orm/core';
import type { Place } from './cursor.js';
import { Event, type EventType } from './event.js';
import type { Hub } from './hub.js';
import type { LiveQueue } from './live-queue.js';
import type { BalanceRecord } from './payload.js';
import { PublishedEvent } from './published-event.js';

const PAGE = 200;

/** How something came to a subscriber: as the state now, as a past event, as it happens, or as a sign of life. */
export const deliveries = ['SNAPSHOT', 'REPLAY', 'LIVE', 'PROGRESS'] as const;
export type Delivery = (typeof deliveries)[number];

/** One thing in a stream, and where the stream stands after it. */
export interface StreamItem {
  readonly delivery: Delivery;
  readonly place: Place;
  readonly event?: PublishedEvent;
  /** The wallet, in a snapshot of one. */
  readonly balance?: BalanceRecord;
}

/** A wallet and the place in the log up to which it counts, both as of one instant. */
export interface Snapshot {
  readonly place: Place;
  readonly balance: BalanceRecord;
}

/** Which events a subscriber watches. */
export interface Watch {
  /** One user's, or everybody's. */
  readonly userId?: string | undefined;
  /** Only of these types, when given: what the log is asked for. */
  readonly types?: readonly EventType[] | undefined;
  readonly accepts: (event: PublishedEvent) => boolean;
}

/** From where: after a place in the log, or from a state that is read once the stream is attached. */
export type Beginning = { readonly after: Place } | { readonly snapshot: () => Promise<Snapshot> } | 'now';

/**
 * The events of the log from a place on, each once and in order: what is past is read from the log, page by page as fast
 * as the subscriber takes it; once it has all but caught up it attaches to the hub, reads the rest up to where it
 * attached, and goes on live. Nothing falls between, since the hub hands out what follows its head and nothing else.
 */
export class EventStream implements AsyncIterableIterator<StreamItem> {
  #items: StreamItem[] = [];
  #live: LiveQueue | undefined;
  /** Up to where events were delivered, or skipped since they are not watched. */
  #position = 0;
  /** The hub's head when this stream attached: up to here the log is read, after it the queue. */
  #seam = Number.MAX_SAFE_INTEGER;
  #begun = false;
  #ended = false;

  constructor(
    private readonly orm: MikroORM,
    private readonly hub: Hub,
    private readonly watch: Watch,
    private readonly beginning: Beginning,
  ) {}

  async next(): Promise<IteratorResult<StreamItem>> {
    if (!this.#begun) await this.#begin();
    for (;;) {
      if (this.#ended) return { value: undefined, done: true };
      const item = this.#items.shift();
      if (item) return { value: item, done: false };
      if (this.#position < this.#seam) await this.#readPage();
      else {
        const live = await this.#takeLive();
        if (live) return { value: live, done: false };
      }
    }
  }

  async return(): Promise<IteratorResult<StreamItem>> {
    this.#ended = true;
    this.#live?.end();
    return { value: undefined, done: true };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async #begin(): Promise<void> {
    this.#begun = true;
    if (typeof this.beginning === 'object' && 'after' in this.beginning) {
      this.#position = this.beginning.after.position;
      return;
    }
    this.#attach();
    this.#position = this.#seam;
    if (this.beginning === 'now') return;
    // Attached first, the snapshot is at least as new as the seam; what it holds already is not told again.
    const { place, balance } = await this.beginning.snapshot();
    this.#deliver(place);
    this.#items.push({ delivery: 'SNAPSHOT', place, balance });
  }

  #attach(): void {
    this.#live = this.hub.attach(this.watch.userId, this.watch.accepts);
    this.#seam = this.hub.head.position;
    if (this.#ended) this.#live.end();
  }

  async #readPage(): Promise<void> {
    if (!this.#live && this.hub.head.position - this.#position <= PAGE) this.#attach();
    const limit = Math.min(this.#seam, this.hub.head.position);
    const { userId, types, accepts } = this.watch;
    const rows = await this.orm.em.fork().find(
      Event,
      {
        position: { $gt: this.#position, $lte: limit },
        ...(userId !== undefined && { userId }),
        ...(types && { type: { $in: types } }),
      },
      { orderBy: { position: 'asc' }, limit: PAGE, disableIdentityMap: true },
    );
    for (const row of rows) {
      const event = new PublishedEvent(row);
      if (accepts(event)) this.#items.push({ delivery: 'REPLAY', place: row, event });
    }
    const last = rows.at(-1);
    this.#position = rows.length === PAGE && last ? last.position : Math.max(limit, this.#position);
  }

  async #takeLive(): Promise<StreamItem | undefined> {
    const queued = await this.#live?.take();
    if (!queued) {
      this.#ended = true;
      return undefined;
    }
    if (!(queued instanceof PublishedEvent)) return this.#progress(queued.progress);
    const { row } = queued;
    if (row.position <= this.#position) return undefined;
    this.#deliver(row);
    return { delivery: 'LIVE', place: row, event: queued };
  }

  #progress(place: Place): StreamItem | undefined {
    if (place.position < this.#position) return undefined;
    this.#deliver(place);
    return { delivery: 'PROGRESS', place };
  }

  #deliver(place: Place): void {
    this.#position = place.position;
    if (this.#live) this.#live.taken = { position: place.position, hash: place.hash };
  }
}
