import { describe, expect, it } from '@jest/globals';
import { networkOf } from '../../../src/limits/address.js';
import type { Counter } from '../../../src/limits/counter.js';
import { rateLimitHeaders } from '../../../src/limits/headers.js';
import { Quota } from '../../../src/limits/quota.js';
import { RateLimits } from '../../../src/limits/rate-limits.js';
import { until } from '../../support/processes.js';

const WINDOW_MS = 60_000;

/** A counter as servers share it, with the points of every round trip to it. */
function createSharedCounter(windowMs = WINDOW_MS) {
  const asked: number[] = [];
  const windows = new Map<string, { points: number; endsAt: number }>();
  const counter: Counter = {
    consume: async (key, points) => {
      asked.push(points);
      const now = Date.now();
      const known = windows.get(key);
      const window = known && known.endsAt > now ? known : { points: 0, endsAt: now + windowMs };
      window.points += points;
      windows.set(key, window);
      return { consumedPoints: window.points, msBeforeNext: window.endsAt - now };
    },
  };
  return { counter, asked };
}

/** How many of so many single points were had. */
async function spendOneByOne(quota: Quota, count: number, key = 'a'): Promise<number> {
  const spent = await Promise.all(Array.from({ length: count }, () => quota.spend(key, 1)));
  return spent.filter(Boolean).length;
}

describe('a quota', () => {
  it('gives exactly its limit, however many ask at the same time', async () => {
    const { counter } = createSharedCounter();
    expect(await spendOneByOne(new Quota(counter, 'reads', 1_000, WINDOW_MS), 3_000)).toBe(1_000);
  });

  it('asks its counter once for each tenth of the limit, and no more once there is nothing left', async () => {
    const { counter, asked } = createSharedCounter();
    const quota = new Quota(counter, 'reads', 1_000, WINDOW_MS);
    await spendOneByOne(quota, 2_000);
    await spendOneByOne(quota, 2_000);
    expect(asked).toEqual(Array(10).fill(100));
  });

  it('is exact at limits below ten', async () => {
    const { counter } = createSharedCounter();
    const quota = new Quota(counter, 'reads', 3, WINDOW_MS);
    expect([await spendOneByOne(quota, 5), quota.standing('a').remaining]).toEqual([3, 0]);
  });

  it('is one for all servers: never exceeded, and at most a tenth kept back by each other one', async () => {
    const { counter } = createSharedCounter();
    const [one, two] = [0, 1].map(() => new Quota(counter, 'reads', 1_000, WINDOW_MS)) as [Quota, Quota];
    expect(await spendOneByOne(two, 1)).toBe(1);
    expect(await spendOneByOne(one, 2_000)).toBe(900);
    expect(await spendOneByOne(two, 2_000)).toBe(99);
  });

  it('keeps what is too little for one for whoever asks less', async () => {
    const { counter } = createSharedCounter();
    const quota = new Quota(counter, 'reads', 100, WINDOW_MS);
    expect(await quota.spend('a', 70)).toBe(true);
    expect(await quota.spend('a', 31)).toBe(false);
    expect(await quota.spend('a', 30)).toBe(true);
    expect(await quota.spend('a', 1)).toBe(false);
  });

  it('knows keys apart', async () => {
    const { counter } = createSharedCounter();
    const quota = new Quota(counter, 'reads', 5, WINDOW_MS);
    expect([await spendOneByOne(quota, 9, 'a'), await spendOneByOne(quota, 9, 'b')]).toEqual([5, 5]);
  });

  it('tells how a key stands', async () => {
    const { counter } = createSharedCounter();
    const quota = new Quota(counter, 'reads', 100, WINDOW_MS);
    expect(quota.standing('a')).toEqual({ limit: 100, remaining: 100, resetMs: WINDOW_MS });
    await quota.spend('a', 3);
    const { remaining, resetMs } = quota.standing('a');
    expect(remaining).toBe(97);
    expect(resetMs).toBeGreaterThan(0);
    expect(resetMs).toBeLessThanOrEqual(WINDOW_MS);
    quota.giveBack('a', 3);
    expect(quota.standing('a').remaining).toBe(100);
  });

  it('is whole again when its window is over', async () => {
    const { counter } = createSharedCounter(50);
    const quota = new Quota(counter, 'reads', 2, 50);
    expect(await spendOneByOne(quota, 3)).toBe(2);
    await until(() => quota.spend('a', 1), 'the next window');
  });
});

describe('the limits of a principal', () => {
  const perWindow = { reads: 10, money: 2, subscriptions: 1, administration: 1, 'failed-authentications': 2 };
  const create = (disabled = false) => {
    const { counter, asked } = createSharedCounter();
    return { asked, limits: new RateLimits(counter, { queryCostMax: 10, disabled, perWindow }) };
  };

  it('take all that is demanded or nothing', async () => {
    const { limits } = create();
    expect(await limits.take('a', [{ class: 'administration', points: 1 }])).toMatchObject({ allowed: true });
    const both = [
      { class: 'money', points: 2 },
      { class: 'administration', points: 1 },
    ] as const;
    expect(await limits.take('a', both)).toMatchObject({
      allowed: false,
      standings: [{ policy: 'administration', limit: 1, remaining: 0 }],
    });
    expect(await limits.take('a', [{ class: 'money', points: 2 }])).toMatchObject({
      allowed: true,
      standings: [{ policy: 'money', limit: 2, remaining: 0 }],
    });
  });

  it('block an address, and with it its whole IPv6 network, after too many wrong credentials', async () => {
    const { limits } = create();
    await limits.failedAuthentication('2001:db8::1');
    expect(limits.blocked('2001:db8::1')).toBeUndefined();
    await limits.failedAuthentication('2001:db8::2');
    expect(limits.blocked('2001:db8::ffff:3')).toMatchObject({ policy: 'failed-authentications', limit: 2 });
    expect(limits.blocked('2001:db8:0:1::1')).toBeUndefined();
  });

  it('count nothing when they are switched off', async () => {
    const { limits, asked } = create(true);
    expect(await limits.take('a', [{ class: 'money', points: 99 }])).toEqual({
      allowed: true,
      standings: [],
    });
    for (let count = 0; count < 5; count += 1) await limits.failedAuthentication('127.0.0.1');
    expect([limits.blocked('127.0.0.1'), asked]).toEqual([undefined, []]);
  });
});

describe('what an address is counted as', () => {
  it.each([
    ['192.0.2.7', '192.0.2.7'],
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['2001:db8::7', '20010db800000000/64'],
    ['2001:0DB8:0:0:1:2:3:4', '20010db800000000/64'],
    ['fe80::1%eth0', 'fe80000000000000/64'],
    ['', ''],
  ])('%s → %s', (address, counted) => {
    expect(networkOf(address)).toBe(counted);
  });
});

describe('the headers of limits', () => {
  it('say what is allowed, what remains and when it is whole again', () => {
    const standing = { limit: 60, remaining: 59, resetMs: 1_001 };
    expect(
      rateLimitHeaders([
        { policy: 'money', ...standing },
        { policy: 'administration', ...standing, remaining: 0, resetMs: 1_000 },
      ]),
    ).toEqual([
      ['ratelimit-policy', '"money";q=60;w=60, "administration";q=60;w=60'],
      ['ratelimit', '"money";r=59;t=2, "administration";r=0;t=1'],
    ]);
    expect(rateLimitHeaders([])).toEqual([]);
  });
});
