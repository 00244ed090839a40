import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { EventRow } from '../../../src/events/event.js';
import { Hub } from '../../../src/events/hub.js';
import type { State, StateSource } from '../../../src/events/live-state.js';
import { LiveStates } from '../../../src/events/live-states.js';
import { MIDDAY } from '../../support/ledger.js';

const PROGRESS_MS = 30_000;

function rowAt(position: number, userId = 'alice'): EventRow {
  return {
    position,
    userId,
    version: position,
    type: 'TRANSACTION_CREATED',
    transactionId: null,
    occurredAt: MIDDAY,
    payload: '{}',
    hash: '0'.repeat(64),
  };
}

/** Keeps all that a stream tells, as it comes. */
function follow(stream: AsyncIterableIterator<State<number>>) {
  const follower = { told: [] as number[], ended: false, error: undefined as unknown };
  (async () => {
    for await (const { value } of stream) follower.told.push(value);
  })()
    .catch((error) => {
      follower.error = error;
    })
    .finally(() => {
      follower.ended = true;
    });
  return follower;
}

describe('a live state', () => {
  let hub: Hub;
  let states: LiveStates;
  let position: number;
  let reads: number;
  /** The state is how many events there were. */
  const source: StateSource<number> = {
    userId: 'alice',
    changes: () => true,
    read: async () => {
      reads += 1;
      return position;
    },
  };
  const publish = (count: number, userId?: string) => {
    const rows = Array.from({ length: count }, (_, index) => rowAt(position + index + 1, userId));
    position += count;
    hub.publish(rows);
  };
  const pass = (ms: number) => jest.advanceTimersByTimeAsync(ms);

  beforeEach(() => {
    jest.useFakeTimers();
    // One place in a queue is enough, since what comes is no more than a hint.
    hub = new Hub({ queueMax: 1, progressIntervalMs: PROGRESS_MS });
    hub.start({ position: 0, hash: '0'.repeat(64) });
    states = new LiveStates(hub);
    position = 0;
    reads = 0;
  });
  afterEach(() => {
    hub.close();
    jest.useRealTimers();
  });

  it('is told as it is, and after a burst once more', async () => {
    publish(3);
    const { told } = follow(states.watch('key', source));
    await pass(0);
    expect(told).toEqual([3]);
    for (let count = 0; count < 50; count += 1) publish(1);
    await pass(999);
    expect(told).toEqual([3]);
    await pass(1);
    expect(told).toEqual([3, 53]);
    await pass(5_000);
    expect(told).toEqual([3, 53]);
  });

  it('is told at most once a second while changes go on, and the last of them is told', async () => {
    const { told } = follow(states.watch('key', source));
    for (let tenths = 0; tenths < 35; tenths += 1) {
      await pass(100);
      publish(10);
    }
    await pass(1_000);
    expect(told).toHaveLength(5);
    expect(told.at(-1)).toBe(350);
  });

  it('is told at once when it changes after a pause', async () => {
    const { told } = follow(states.watch('key', source));
    await pass(10_000);
    publish(1);
    await pass(0);
    expect(told).toEqual([0, 1]);
  });

  it('is not read again for events of others, nor for those that change nothing', async () => {
    const picky = { ...source, changes: ({ row }: { row: EventRow }) => row.position % 2 === 0 };
    const { told } = follow(states.watch('key', picky));
    await pass(2_000);
    publish(5, 'bob');
    publish(1, 'bob');
    publish(1);
    await pass(2_000);
    expect(told).toEqual([0]);
    publish(1);
    await pass(2_000);
    expect(told).toEqual([0, 8]);
  });

  it('is read once for all who watch it, and anew for who comes when it is no longer true', async () => {
    const first = follow(states.watch('key', source));
    await pass(0);
    const second = follow(states.watch('key', source));
    await pass(0);
    expect([first.told, second.told, reads]).toEqual([[0], [0], 1]);
    publish(1);
    const third = follow(states.watch('key', source));
    await pass(999);
    expect(third.told).toEqual([]);
    await pass(1);
    expect([first.told, second.told, third.told, reads]).toEqual([[0, 1], [0, 1], [1], 2]);
    const other = follow(states.watch('other key', source));
    await pass(0);
    expect([other.told, reads]).toEqual([[1], 3]);
  });

  it('is told to a slow reader as it is by then, without what lay between', async () => {
    const slow = states.watch('key', source);
    const first = slow.next();
    await pass(0);
    expect((await first).value.value).toBe(0);
    for (let count = 0; count < 5; count += 1) {
      publish(1);
      await pass(1_000);
    }
    expect((await slow.next()).value.value).toBe(5);
  });

  it('is told again when nothing has happened for long', async () => {
    const { told } = follow(states.watch('key', source));
    await pass(PROGRESS_MS * 2);
    expect(told.length).toBeGreaterThanOrEqual(2);
    expect(told.length).toBeLessThanOrEqual(3);
  });

  it('ends with its last watcher, also one that waits, and leaves the hub', async () => {
    const streams = [states.watch('key', source), states.watch('key', source)] as const;
    const followers = streams.map(follow);
    await pass(0);
    expect(hub.subscribers).toBe(1);
    await streams[0].return?.();
    await pass(0);
    expect(followers.map(({ ended }) => ended)).toEqual([true, false]);
    publish(1);
    await pass(1_000);
    expect(followers.map(({ told }) => told)).toEqual([[0], [0, 1]]);
    await streams[1].return?.();
    await streams[1].return?.();
    await pass(0);
    expect(followers[1]?.ended).toBe(true);
    expect(hub.subscribers).toBe(0);
    const { told } = follow(states.watch('key', source));
    await pass(0);
    expect(told).toEqual([1]);
  });

  it('is never entered by who leaves before asking', async () => {
    const stream = states.watch('key', source);
    await stream.return?.();
    expect(await stream.next()).toEqual({ value: undefined, done: true });
    expect([hub.subscribers, reads]).toEqual([0, 0]);
  });

  it('ends with the hub', async () => {
    const follower = follow(states.watch('key', source));
    await pass(0);
    hub.close();
    await pass(0);
    expect(follower).toMatchObject({ told: [0], ended: true, error: undefined });
  });

  it('ends for all with the error when it cannot be read, and begins anew for the next', async () => {
    const fault = new Error('away');
    const failing = { ...source, read: () => Promise.reject(fault) };
    const followers = [states.watch('key', failing), states.watch('key', failing)].map(follow);
    await pass(0);
    expect(followers.map(({ error }) => error)).toEqual([fault, fault]);
    expect(hub.subscribers).toBe(0);
    const { told } = follow(states.watch('key', source));
    await pass(0);
    expect(told).toEqual([0]);
  });
});
