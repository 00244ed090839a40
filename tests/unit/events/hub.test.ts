import { describe, expect, it, jest } from '@jest/globals';
import type { EventRow } from '../../../src/events/event.js';
import { Hub } from '../../../src/events/hub.js';
import { type LiveQueue, SlowConsumerError } from '../../../src/events/live-queue.js';
import { writePayload } from '../../../src/events/payload.js';
import { PublishedEvent } from '../../../src/events/published-event.js';
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

const newHub = (queueMax: number) => new Hub({ queueMax, progressIntervalMs: 60_000 });

/** Takes so many events, or all until the stream ends. */
async function read(queue: LiveQueue, count = Number.POSITIVE_INFINITY) {
  const positions: number[] = [];
  while (positions.length < count) {
    const taken = await queue.take();
    if (!(taken instanceof PublishedEvent)) break;
    queue.taken = taken.row;
    positions.push(taken.row.position);
  }
  return positions;
}

describe('the hub', () => {
  it('hands events over in order, those that wait and those that are waited for', async () => {
    const hub = newHub(QUEUE_MAX);
    const stream = hub.attach('alice', all);
    hub.publish([rowAt(1), rowAt(2)]);
    expect(await read(stream, 2)).toEqual([1, 2]);
    const next = read(stream, 2);
    hub.publish([rowAt(3)]);
    hub.publish([rowAt(4)]);
    expect(await next).toEqual([3, 4]);
  });

  it("hands a user's events to whoever watches that user, and to whoever watches all", async () => {
    const hub = newHub(QUEUE_MAX);
    const [alice, bob, everyone] = [
      hub.attach('alice', all),
      hub.attach('bob', all),
      hub.attach(undefined, all),
    ];
    hub.publish([rowAt(1, 'alice'), rowAt(2, 'bob'), rowAt(3, 'alice')]);
    expect(await read(alice, 2)).toEqual([1, 3]);
    expect(await read(bob, 1)).toEqual([2]);
    expect(await read(everyone, 3)).toEqual([1, 2, 3]);
  });

  it('hands each subscriber only what it accepts', async () => {
    const hub = newHub(QUEUE_MAX);
    const even = hub.attach('alice', ({ row }) => row.position % 2 === 0);
    const none = hub.attach('alice', () => false);
    hub.publish(rowsTo(8));
    expect(await read(even, 4)).toEqual([2, 4, 6, 8]);
    const nothing = read(none);
    hub.close();
    expect(await nothing).toEqual([]);
  });

  it('hands over nothing from before the subscription', async () => {
    const hub = newHub(QUEUE_MAX);
    hub.publish([rowAt(1)]);
    const stream = hub.attach('alice', all);
    hub.publish([rowAt(2)]);
    expect(await read(stream, 1)).toEqual([2]);
  });

  it('reads a payload once for all subscribers', async () => {
    const hub = newHub(QUEUE_MAX);
    const streams = [hub.attach('alice', all), hub.attach(undefined, all)];
    hub.publish([rowAt(1)]);
    const [a, b] = (await Promise.all(streams.map((stream) => stream.take()))) as PublishedEvent[];
    expect(a?.payload.balance).toEqual({ currency: 'MYR', posted: 1n, held: 0n, version: 1 });
    expect(a?.payload).toBe(b?.payload);
  });

  it('makes an answer once for all who share it', async () => {
    const event = new PublishedEvent(rowAt(1));
    let made = 0;
    const make = async () => {
      made += 1;
      return `answer ${made}`;
    };
    expect(await Promise.all([event.answer('a', make), event.answer('a', make)])).toEqual([
      'answer 1',
      'answer 1',
    ]);
    expect(await event.answer('b', make)).toBe('answer 2');
  });

  it('tells who waits in vain how far the log has come', async () => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask'] });
    try {
      const hub = newHub(QUEUE_MAX);
      hub.start({ position: 7, hash: 'a'.repeat(64) });
      const [idle, busy] = [hub.attach('alice', all), hub.attach('bob', all)];
      jest.advanceTimersByTime(30_000);
      hub.publish([rowAt(8, 'bob')]);
      jest.advanceTimersByTime(30_000);
      expect(await idle.take()).toEqual({ progress: { position: 8, hash: '0'.repeat(64) } });
      expect(await read(busy, 1)).toEqual([8]);
      jest.advanceTimersByTime(30_000);
      expect(await busy.take()).toEqual({ progress: { position: 8, hash: '0'.repeat(64) } });
      hub.close();
    } finally {
      jest.useRealTimers();
    }
  });
});

describe('a subscriber that does not read', () => {
  it('is handed all that its queue holds, when that is exactly full', async () => {
    const hub = newHub(QUEUE_MAX);
    const stream = hub.attach('alice', all);
    hub.publish(rowsTo(QUEUE_MAX));
    expect(await read(stream, QUEUE_MAX)).toEqual([1, 2, 3, 4]);
  });

  it('is ended with an error that says where it was, and then is over', async () => {
    const hub = newHub(QUEUE_MAX);
    const stream = hub.attach('alice', all);
    hub.publish([rowAt(1), rowAt(2)]);
    expect(await read(stream, 1)).toEqual([1]);
    hub.publish([rowAt(3), rowAt(4), rowAt(5), rowAt(6)]);
    expect(hub.subscribers).toBe(0);
    const failure = await stream.take().catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(SlowConsumerError);
    expect(failure).toMatchObject({
      name: 'SlowConsumerError',
      message: 'This subscription fell too far behind and was ended; subscribe again after the last cursor.',
      resumeAfter: { position: 1 },
    });
    expect(await stream.take()).toBeUndefined();
  });

  it('says so when it has read nothing at all', async () => {
    const hub = newHub(QUEUE_MAX);
    const stream = hub.attach('alice', all);
    hub.publish(rowsTo(QUEUE_MAX + 1));
    const resumeAfter = { position: 0, hash: '0'.repeat(64) };
    await expect(stream.take()).rejects.toMatchObject({ name: 'SlowConsumerError', resumeAfter });
  });

  it('disturbs no other', async () => {
    const hub = newHub(QUEUE_MAX);
    const slow = hub.attach('alice', all);
    const quick = hub.attach('alice', all);
    const watcher = hub.attach(undefined, all);
    for (const row of rowsTo(20)) {
      hub.publish([row]);
      expect(await read(quick, 1)).toEqual([row.position]);
      expect(await read(watcher, 1)).toEqual([row.position]);
    }
    expect(hub.subscribers).toBe(2);
    await expect(slow.take()).rejects.toBeInstanceOf(SlowConsumerError);
  });

  it('of more than 1,024 events ends alone, without an error that nobody catches', async () => {
    const unhandled: unknown[] = [];
    const note = (error: unknown) => unhandled.push(error);
    process.on('unhandledRejection', note);
    try {
      const hub = newHub(1_000);
      const slow = hub.attach('alice', all);
      const other = hub.attach('bob', all);
      hub.publish(rowsTo(5_000));
      hub.publish([rowAt(5_001, 'bob')]);
      await new Promise<void>((resolve) => setImmediate(resolve));
      expect(unhandled).toEqual([]);
      expect(await read(other, 1)).toEqual([5_001]);
      await expect(slow.take()).rejects.toBeInstanceOf(SlowConsumerError);
      expect(hub.subscribers).toBe(1);
    } finally {
      process.off('unhandledRejection', note);
    }
  });
});

describe('the end of a subscription', () => {
  it('frees the subscriber and drops what it did not take', async () => {
    const hub = newHub(QUEUE_MAX);
    const queue = hub.attach('alice', all);
    hub.publish([rowAt(1)]);
    expect(hub.subscribers).toBe(1);
    queue.end();
    expect(hub.subscribers).toBe(0);
    hub.publish([rowAt(2)]);
    expect(await queue.take()).toBeUndefined();
  });

  it('frees it while it waits for the next event', async () => {
    const hub = newHub(QUEUE_MAX);
    const queue = hub.attach('alice', all);
    const pending = queue.take();
    queue.end();
    expect(await pending).toBeUndefined();
    expect(hub.subscribers).toBe(0);
  });

  it('comes once, and leaves the others', async () => {
    const hub = newHub(QUEUE_MAX);
    const [one, two] = [hub.attach('alice', all), hub.attach('alice', all)];
    one.end();
    one.end();
    expect(hub.subscribers).toBe(1);
    hub.publish([rowAt(1)]);
    expect(await read(two, 1)).toEqual([1]);
  });

  it('comes to all when the hub closes', async () => {
    const hub = newHub(QUEUE_MAX);
    const queues = [hub.attach('alice', all), hub.attach(undefined, all)];
    const pending = queues.map((queue) => queue.take());
    hub.close();
    expect(await Promise.all(pending)).toEqual([undefined, undefined]);
    expect(hub.subscribers).toBe(0);
  });

  it('lets a new subscriber of the same user begin while the last one leaves', async () => {
    const hub = newHub(QUEUE_MAX);
    const old = hub.attach('alice', all);
    old.end();
    const fresh = hub.attach('alice', all);
    old.end();
    hub.publish([rowAt(1)]);
    expect(await read(fresh, 1)).toEqual([1]);
  });
});
