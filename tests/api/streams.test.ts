import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { writeCursor } from '../../src/events/cursor.js';
import { Event } from '../../src/events/event.js';
import { startApp, type TestApp } from '../support/app.js';
import { databases } from '../support/databases.js';
import { until } from '../support/processes.js';
import { type Subscriber, subscribe } from '../support/subscriber.js';

const TOP_UP = `mutation ($userId: ID!, $key: String!, $amount: Decimal!) {
  createTransaction(input: { userId: $userId, type: TOP_UP, amount: { amount: $amount, currency: "MYR" },
    idempotencyKey: $key }) { transaction { id } userErrors { code } } }`;

describe.each(databases)('streams on $name', (kind) => {
  let test: TestApp;
  let serial = 0;
  const open: Subscriber[] = [];

  beforeAll(async () => {
    test = await startApp(kind, { FRAUD_HIGH_VALUE_POINTS: '45', EVENT_PROGRESS_INTERVAL: '200' });
  });
  afterEach(async () => {
    await Promise.all(open.splice(0).map((subscriber) => subscriber.stop()));
  });
  afterAll(() => test.close());

  const watch = (...args: Parameters<typeof subscribe> extends [string, ...infer Rest] ? Rest : never) => {
    const subscriber = subscribe(test.app.url, ...args);
    open.push(subscriber);
    return subscriber;
  };
  const newUser = async () => {
    serial += 1;
    const id = `streams-${serial}`;
    const input = { id, email: `${id}@example.com`, fullName: 'Someone', currency: 'MYR' };
    await test.graphql('mutation ($input: CreateUserInput!) { createUser(input: $input) { user { id } } }', {
      input,
    });
    return id;
  };
  const topUp = async (userId: string, amount = '1.00') => {
    serial += 1;
    const { data } = await test.graphql(TOP_UP, { userId, key: `key-${serial}`, amount });
    expect(data.createTransaction.userErrors).toEqual([]);
    return data.createTransaction.transaction.id as string;
  };
  const versions = (subscriber: Subscriber) => subscriber.told.map(({ balance }) => balance.version);
  const withoutProgress = (subscriber: Subscriber) =>
    subscriber.told.filter(({ delivery }) => delivery !== 'PROGRESS');

  it('begin with a snapshot of the balance and go on live', async () => {
    const userId = await newUser();
    await topUp(userId, '10.00');
    const subscriber = watch('balanceUpdated', { userId });
    const [snapshot] = await subscriber.untilTold(1);
    expect(snapshot).toEqual({
      cursor: expect.any(String),
      delivery: 'SNAPSHOT',
      occurredAt: '2026-03-10T04:00:00.000Z',
      balance: {
        version: 1,
        posted: { amount: '10.00' },
        held: { amount: '0.00' },
        available: { amount: '10.00' },
      },
      change: null,
      transaction: null,
    });
    const id = await topUp(userId, '2.50');
    await until(() => withoutProgress(subscriber).length === 2, 'the live event');
    expect(withoutProgress(subscriber)[1]).toMatchObject({
      delivery: 'LIVE',
      balance: { version: 2, available: { amount: '12.50' } },
      change: { amount: '2.50' },
      transaction: { id, status: 'COMPLETED' },
    });
  });

  it('replay what came since a cursor, then go on live, each event once', async () => {
    const userId = await newUser();
    const first = watch('balanceUpdated', { userId });
    const [{ cursor: beginning } = { cursor: '' }] = await first.untilTold(1);
    for (let count = 0; count < 5; count += 1) await topUp(userId);
    const cursorAt = async (version: number) => {
      await until(() => versions(first).includes(version), `version ${version}`);
      return first.told.find(({ balance }) => balance.version === version)?.cursor;
    };
    const second = watch('balanceUpdated', { userId, after: await cursorAt(2) });
    await until(() => withoutProgress(second).length === 3, 'the replay');
    await topUp(userId);
    await until(() => withoutProgress(second).length === 4, 'the live event');
    expect(withoutProgress(second).map(({ delivery, balance }) => [delivery, balance.version])).toEqual([
      ['REPLAY', 3],
      ['REPLAY', 4],
      ['REPLAY', 5],
      ['LIVE', 6],
    ]);
    const third = watch('transactionUpdated', { userId, after: beginning });
    await until(() => withoutProgress(third).length === 6, 'the whole replay');
    expect(withoutProgress(third).every(({ delivery }) => delivery === 'REPLAY')).toBe(true);
  });

  it('have no gap and no repetition at the seam, however fast events come meanwhile', async () => {
    const userId = await newUser();
    const [{ cursor: after } = { cursor: '' }] = await watch('balanceUpdated', { userId }).untilTold(1);
    let written = 0;
    const writing = Array.from({ length: 8 }, async () => {
      while (written < 1_000) {
        written += 1;
        await topUp(userId, '0.01');
      }
    });
    const subscribers: Subscriber[] = [];
    while (written < 1_000) {
      const at = written;
      subscribers.push(watch('balanceUpdated', { userId, after }), watch('balanceUpdated', { userId }));
      await until(() => written >= Math.min(at + 120, 1_000), 'more events');
    }
    await Promise.all(writing);
    for (const [index, subscriber] of subscribers.entries()) {
      await until(() => versions(subscriber).at(-1) === 1_000, `the last version at subscriber ${index}`);
      const told = withoutProgress(subscriber).map(({ balance }) => balance.version as number);
      const first = told[0] as number;
      expect(index % 2 === 0 ? first : 1).toBe(1);
      expect(told).toEqual(Array.from({ length: 1_000 - first + 1 }, (_, step) => first + step));
    }
    expect(subscribers.length).toBeGreaterThan(8);
  });

  it('tell how far the log has come while nothing happens', async () => {
    const userId = await newUser();
    const idle = watch('balanceUpdated', { userId });
    const quiet = watch('fraudFlagged', { userId });
    await idle.untilTold(1);
    await topUp(await newUser());
    await until(() => idle.told.at(-1)?.delivery === 'PROGRESS', 'progress of a balance');
    await until(() => quiet.told.at(-1)?.delivery === 'PROGRESS', 'progress of alerts');
    expect(idle.told.at(-1)).toMatchObject({ balance: { version: 0 }, change: null, transaction: null });
    expect(quiet.told.at(-1)).toMatchObject({ transaction: null, assessment: null });
    // From there on nothing of what lies before is told again, and nothing of what comes after is missed.
    const resumed = watch('balanceUpdated', { userId, after: idle.told.at(-1)?.cursor });
    await topUp(userId);
    await until(() => withoutProgress(resumed).length === 1, 'the event after it');
    expect(withoutProgress(resumed)[0]).toMatchObject({ balance: { version: 1 } });
  });

  it('replay fraud alerts in the order of the log, above the score that is asked for', async () => {
    const [one, two] = [await newUser(), await newUser()];
    const before = watch('fraudFlagged');
    const [{ cursor: after } = { cursor: '' }] = await watch('balanceUpdated', { userId: one }).untilTold(1);
    const flagged: string[] = [];
    for (const userId of [one, two, one, two]) {
      await topUp(userId, '1.00');
      flagged.push(await topUp(userId, `1000${flagged.length + 1}.00`));
    }
    const ids = (subscriber: Subscriber) =>
      withoutProgress(subscriber).map(({ transaction }) => transaction.id);
    const all = watch('fraudFlagged', { minScore: 45, after });
    await until(() => ids(all).length === 4, 'the alerts');
    expect(ids(all)).toEqual(flagged);
    const none = watch('fraudFlagged', { minScore: 66, after });
    const own = watch('fraudFlagged', { userId: two, minScore: 45, after });
    await until(() => ids(own).length === 2, 'own alerts');
    expect(ids(own)).toEqual([flagged[1], flagged[3]]);
    await until(() => none.told.some(({ delivery }) => delivery === 'PROGRESS'), 'progress without alerts');
    expect(ids(none)).toEqual([]);
    await until(() => ids(before).filter((id) => flagged.includes(id)).length === 4, 'the live alerts');
    expect(ids(before).filter((id) => flagged.includes(id))).toEqual(flagged);
  });

  it.each([
    ['is no cursor', () => 'nonsense'],
    ['is empty', () => ''],
    ['has trailing characters', () => `${writeCursor({ position: 1, hash: 'a'.repeat(64) })}=`],
    ['is of another log', () => writeCursor({ position: 1, hash: 'a'.repeat(64) })],
    ['is of a future that is lost', () => writeCursor({ position: 999_999_999, hash: 'a'.repeat(64) })],
    ['begins another log', () => writeCursor({ position: 0, hash: 'a'.repeat(64) })],
  ])('refuse a cursor that %s', async (_what, cursor) => {
    const subscriber = watch('balanceUpdated', { userId: await newUser(), after: cursor() });
    await until(() => subscriber.ended, 'the refusal');
    expect(subscriber.told).toEqual([]);
    expect(subscriber.errors).toEqual([
      expect.objectContaining({ extensions: expect.objectContaining({ code: 'INVALID_CURSOR' }) }),
    ]);
  });

  it.each([true, 5, { a: 1 }, ['x']])('refuse %j as a cursor, which is a text', async (after) => {
    const subscriber = watch('balanceUpdated', { userId: await newUser(), after });
    await until(() => subscriber.ended, 'the refusal');
    expect(subscriber.told).toEqual([]);
    expect(subscriber.errors).toEqual([
      expect.objectContaining({ extensions: expect.objectContaining({ code: 'BAD_USER_INPUT' }) }),
    ]);
  });

  it('take the cursor before the first event as the beginning of the log', async () => {
    const events = await test.orm.em
      .fork()
      .count(Event, { type: 'TRANSACTION_CREATED', userId: 'streams-1' });
    const start = writeCursor({ position: 0, hash: '0'.repeat(64) });
    const subscriber = watch('transactionUpdated', { userId: 'streams-1', after: start });
    await until(() => withoutProgress(subscriber).length === events, 'the whole log of a user');
    expect(events).toBeGreaterThan(0);
  });
});
