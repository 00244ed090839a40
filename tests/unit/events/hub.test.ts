import { describe, expect, it } from '@jest/globals';
import type { EventRow } from '../../../src/events/event.js';
import { Hub, type PublishedEvent, SlowConsumerError } from '../../../src/events/hub.js';
import { writePayload } from '../../../src/events/payload.js';
import { MIDDAY } from '../../support/ledger.js';

const QUEUE_MAX = 4;
const all = () => true;

function rowAt(position: number, userId = 'alice'): EventRow {
  return {
    position,
    userId,
    version: position,
    type: 'TRANSACTION_CREATED',
    transactionId: null,
    occurredAt: MIDDAY,
    payload: writePayload({ balance: { currency: 'MYR', posted: 1n, held: 0n, version: position } }),
    hash: '0'.repeat(64),
  };
}

const rowsTo = (last: number, userId?: string) =>
  Array.from({ length: last }, (_, index) => rowAt(index + 1, userId));

/** Reads so many events, or all until the stream ends. */
async function read(stream: AsyncIterableIterator<PublishedEvent>, count = Number.POSITIVE_INFINITY) {
  const positions: number[] = [];
  while (positions.length < count) {
    const { value, done } = await stream.next();
    if (done) break;
    positions.push(value.row.position);
  }
  return positions;
}

describe('the hub', () => {
  it('hands events over in order, those that wait and those that are waited for', async () => {
    const hub = new Hub(QUEUE_MAX);
    const stream = hub.subscribe('alice', all);
    hub.publish([rowAt(1), rowAt(2)]);
    expect(await read(stream, 2)).toEqual([1, 2]);
    const next = read(stream, 2);
    hub.publish([rowAt(3)]);
    hub.publish([rowAt(4)]);
    expect(await next).toEqual([3, 4]);
  });

  it("hands a user's events to whoever watches that user, and to whoever watches all", async () => {
    const hub = new Hub(QUEUE_MAX);
    const [alice, bob, everyone] = [
      hub.subscribe('alice', all),
      hub.subscribe('bob', all),
      hub.subscribe(undefined, all),
    ];
    hub.publish([rowAt(1, 'alice'), rowAt(2, 'bob'), rowAt(3, 'alice')]);
    hub.close();
    expect(await read(alice)).toEqual([1, 3]);
    expect(await read(bob)).toEqual([2]);
    expect(await read(everyone)).toEqual([1, 2, 3]);
  });

  it('hands each subscriber only what it accepts', async () => {
    const hub = new Hub(QUEUE_MAX);
    const even = hub.subscribe('alice', ({ row }) => row.position % 2 === 0);
    const none = hub.subscribe('alice', () => false);
    hub.publish(rowsTo(8));
    hub.close();
    expect(await read(even)).toEqual([2, 4, 6, 8]);
    expect(await read(none)).toEqual([]);
  });

  it('hands over nothing from before the subscription', async () => {
    const hub = new Hub(QUEUE_MAX);
    hub.publish([rowAt(1)]);
    const stream = hub.subscribe('alice', all);
    hub.publish([rowAt(2)]);
    expect(await read(stream, 1)).toEqual([2]);
  });

  it('reads a payload once for all subscribers', async () => {
    const hub = new Hub(QUEUE_MAX);
    const streams = [hub.subscribe('alice', all), hub.subscribe(undefined, all)];
    hub.publish([rowAt(1)]);
    const [a, b] = await Promise.all(streams.map((stream) => stream.next()));
    expect(a?.value.payload.balance).toEqual({ currency: 'MYR', posted: 1n, held: 0n, version: 1 });
    expect(a?.value.payload).toBe(b?.value.payload);
  });
});

describe('a subscriber that does not read', () => {
  it('is handed all that its queue holds, when that is exactly full', async () => {
    const hub = new Hub(QUEUE_MAX);
    const stream = hub.subscribe('alice', all);
    hub.publish(rowsTo(QUEUE_MAX));
    expect(await read(stream, QUEUE_MAX)).toEqual([1, 2, 3, 4]);
  });

  it('is ended with an error that says where it was, and then is over', async () => {
    const hub = new Hub(QUEUE_MAX);
    const stream = hub.subscribe('alice', all);
    hub.publish([rowAt(1), rowAt(2)]);
    expect(await read(stream, 1)).toEqual([1]);
    hub.publish([rowAt(3), rowAt(4), rowAt(5), rowAt(6)]);
    expect(hub.subscribers).toBe(0);
    const failure = await stream.next().catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(SlowConsumerError);
    expect(failure).toMatchObject({
      name: 'SlowConsumerError',
      message: 'This subscription fell too far behind and was ended; subscribe again.',
      lastPosition: 1,
    });
    expect(await stream.next()).toEqual({ value: undefined, done: true });
  });

  it('says so when it has read nothing at all', async () => {
    const hub = new Hub(QUEUE_MAX);
    const stream = hub.subscribe('alice', all);
    hub.publish(rowsTo(QUEUE_MAX + 1));
    await expect(stream.next()).rejects.toMatchObject({ name: 'SlowConsumerError', lastPosition: undefined });
  });

  it('disturbs no other', async () => {
    const hub = new Hub(QUEUE_MAX);
    const slow = hub.subscribe('alice', all);
    const quick = hub.subscribe('alice', all);
    const watcher = hub.subscribe(undefined, all);
    for (const row of rowsTo(20)) {
      hub.publish([row]);
      expect(await read(quick, 1)).toEqual([row.position]);
      expect(await read(watcher, 1)).toEqual([row.position]);
    }
    expect(hub.subscribers).toBe(2);
    await expect(slow.next()).rejects.toBeInstanceOf(SlowConsumerError);
  });

  it('of more than 1,024 events ends alone, without an error that nobody catches', async () => {
    const unhandled: unknown[] = [];
    const note = (error: unknown) => unhandled.push(error);
    process.on('unhandledRejection', note);
    try {
      const hub = new Hub(1_000);
      const slow = hub.subscribe('alice', all);
      const other = hub.subscribe('bob', all);
      hub.publish(rowsTo(5_000));
      hub.publish([rowAt(5_001, 'bob')]);
      await new Promise<void>((resolve) => setImmediate(resolve));
      expect(unhandled).toEqual([]);
      expect(await read(other, 1)).toEqual([5_001]);
      await expect(slow.next()).rejects.toBeInstanceOf(SlowConsumerError);
      expect(hub.subscribers).toBe(1);
    } finally {
      process.off('unhandledRejection', note);
    }
  });
});

describe('the end of a subscription', () => {
  it('frees the subscriber and drops what it did not read', async () => {
    const hub = new Hub(QUEUE_MAX);
    const stream = hub.subscribe('alice', all);
    hub.publish([rowAt(1)]);
    expect(hub.subscribers).toBe(1);
    expect(await stream.return?.()).toEqual({ value: undefined, done: true });
    expect(hub.subscribers).toBe(0);
    hub.publish([rowAt(2)]);
    expect(await stream.next()).toEqual({ value: undefined, done: true });
  });

  it('frees it while it waits for the next event', async () => {
    const hub = new Hub(QUEUE_MAX);
    const stream = hub.subscribe('alice', all);
    const pending = stream.next();
    await stream.return?.();
    expect(await pending).toEqual({ value: undefined, done: true });
    expect(hub.subscribers).toBe(0);
  });

  it('by return twice is the same as once, and leaves the others', async () => {
    const hub = new Hub(QUEUE_MAX);
    const [one, two] = [hub.subscribe('alice', all), hub.subscribe('alice', all)];
    await one.return?.();
    await one.return?.();
    expect(hub.subscribers).toBe(1);
    hub.publish([rowAt(1)]);
    expect(await read(two, 1)).toEqual([1]);
  });

  it('comes with the end of a loop', async () => {
    const hub = new Hub(QUEUE_MAX);
    const stream = hub.subscribe('alice', all);
    hub.publish(rowsTo(3));
    for await (const event of stream) if (event.row.position === 2) break;
    expect(hub.subscribers).toBe(0);
  });

  it('comes to all when the hub closes, after what they were handed', async () => {
    const hub = new Hub(QUEUE_MAX);
    const [reading, waiting] = [
      hub.subscribe('alice', all),
      hub.subscribe(undefined, ({ row }) => row.userId === 'bob'),
    ];
    hub.publish([rowAt(1)]);
    const pending = waiting.next();
    hub.close();
    expect(hub.subscribers).toBe(0);
    expect(await read(reading)).toEqual([1]);
    expect(await pending).toEqual({ value: undefined, done: true });
  });

  it('lets a new subscriber of the same user begin while the last one leaves', async () => {
    const hub = new Hub(QUEUE_MAX);
    const old = hub.subscribe('alice', all);
    await old.return?.();
    const fresh = hub.subscribe('alice', all);
    await old.return?.();
    hub.publish([rowAt(1)]);
    expect(await read(fresh, 1)).toEqual([1]);
  });
});
