import { once } from 'node:events';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { WebSocket } from 'ws';
import { startApp, type TestApp } from '../support/app.js';
import { databases } from '../support/databases.js';
import { until } from '../support/processes.js';
import { scrape } from '../support/prometheus.js';
import { type Subscriber, subscribe } from '../support/subscriber.js';

const USER = 'user-001';
/** Many bytes for each event, so that few of them fill what a network buffers. */
const LARGE = `subscription { balanceUpdated(userId: "${USER}") { cursor balance { version } transaction { ${Array.from(
  { length: 14 },
  (_, index) => `m${index}: metadata`,
).join(' ')} } } }`;

const TOP_UP = `mutation ($key: String!, $metadata: JSON) { createTransaction(input: { userId: "${USER}", type: TOP_UP,
  amount: { amount: "0.01", currency: "MYR" }, metadata: $metadata, idempotencyKey: $key }) { userErrors { code } } }`;

interface Message {
  readonly id?: string;
  readonly type: string;
  // biome-ignore lint/suspicious/noExplicitAny: the protocol's payloads differ by type.
  readonly payload?: any;
}

describe.each(databases)('the limits of a socket on $name', (kind) => {
  let test: TestApp;
  const sockets: WebSocket[] = [];
  const subscribers: Subscriber[] = [];
  let serial = 0;

  beforeAll(async () => {
    test = await startApp(kind, {
      METRICS_PORT: '0',
      SEED_DEMO_DATA: 'true',
      SUBSCRIBER_QUEUE_MAX: '10',
      SUBSCRIPTIONS_PER_SOCKET_MAX: '3',
      WEBSOCKET_CONNECTIONS_PER_KEY_MAX: '4',
      WEBSOCKET_MESSAGE_BYTES_MAX: '2048',
    });
  });
  afterEach(async () => {
    await Promise.all(subscribers.splice(0).map((subscriber) => subscriber.stop()));
    for (const socket of sockets.splice(0)) {
      if (socket.readyState === socket.CLOSED) continue;
      socket.terminate();
      await once(socket, 'close');
    }
  });
  afterAll(() => test.close());

  const open = async () => {
    const socket = new WebSocket(`${test.app.url.replace(/^http/, 'ws')}/graphql`, 'graphql-transport-ws');
    sockets.push(socket);
    const messages: Message[] = [];
    socket.on('message', (text) => messages.push(JSON.parse(String(text))));
    await once(socket, 'open');
    socket.send(JSON.stringify({ type: 'connection_init', payload: { 'X-API-Key': 'dev-api-key' } }));
    await until(() => messages[0]?.type === 'connection_ack', 'the acknowledgement');
    return { socket, messages };
  };
  const topUp = async (metadata?: object) => {
    serial += 1;
    const { data } = await test.graphql(TOP_UP, { key: `limits-${serial}`, metadata });
    expect(data.createTransaction.userErrors).toEqual([]);
  };

  it('refuse one subscription too many, and leave the others', async () => {
    const { socket, messages } = await open();
    for (const id of ['a', 'b', 'c', 'd']) {
      socket.send(JSON.stringify({ id, type: 'subscribe', payload: { query: LARGE } }));
    }
    await until(() => messages.some(({ type }) => type === 'error'), 'the refusal');
    expect(messages.find(({ type }) => type === 'error')).toMatchObject({
      id: 'd',
      payload: [{ extensions: { code: 'TOO_MANY_SUBSCRIPTIONS' } }],
    });
    await until(() => messages.filter(({ type }) => type === 'next').length === 3, 'the snapshots');
    await topUp();
    await until(() => messages.filter(({ type }) => type === 'next').length === 6, 'snapshots and events');
    expect(
      messages
        .filter(({ type }) => type === 'next')
        .map(({ id }) => id)
        .sort(),
    ).toEqual(['a', 'a', 'b', 'b', 'c', 'c']);
    socket.send(JSON.stringify({ id: 'a', type: 'complete' }));
    socket.send(JSON.stringify({ id: 'e', type: 'subscribe', payload: { query: LARGE } }));
    await until(() => messages.some(({ id }) => id === 'e'), 'the one that takes its place');
    expect(messages.find(({ id }) => id === 'e')?.type).toBe('next');
  });

  it('turn away one connection too many with 1013, until another one ends', async () => {
    const opened = await Promise.all([open(), open(), open(), open()]);
    await until(
      () => opened.every(({ messages }) => messages[0]?.type === 'connection_ack'),
      'four connections',
    );
    const fifth = subscribe(test.app.url, 'balanceUpdated', { userId: USER });
    subscribers.push(fifth);
    await until(() => fifth.closeCode !== undefined, 'the close');
    expect([fifth.closeCode, fifth.told]).toEqual([1013, []]);
    opened[0]?.socket.terminate();
    await until(async () => {
      const another = subscribe(test.app.url, 'balanceUpdated', { userId: USER });
      subscribers.push(another);
      await until(() => another.told.length > 0 || another.closeCode !== undefined, 'an answer');
      return another.told.length > 0;
    }, 'a place');
  });

  it('close a socket that sends too large a message with 1009', async () => {
    const { socket } = await open();
    const closed = once(socket, 'close');
    socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload: { query: `# ${'x'.repeat(2_048)}` } }));
    expect((await closed)[0]).toBe(1009);
  });

  it('end a connection whose peer is gone, and one that lives goes on', async () => {
    const impatient = await startApp(kind, { WEBSOCKET_PING_INTERVAL: '150', SEED_DEMO_DATA: 'true' });
    try {
      const [dead, alive] = [0, 1].map(() =>
        subscribe(impatient.app.url, 'balanceUpdated', { userId: USER }),
      );
      subscribers.push(dead as Subscriber, alive as Subscriber);
      await Promise.all([dead?.untilTold(1), alive?.untilTold(1)]);
      // A peer that reads nothing answers no ping; that it was cut off is read once it reads again.
      dead?.pause();
      await new Promise((resolve) => setTimeout(resolve, 600));
      dead?.resume();
      await until(() => dead?.closeCode !== undefined, 'the end of the dead one');
      expect([dead?.closeCode, alive?.closeCode]).toEqual([1006, undefined]);
    } finally {
      await impatient.close();
    }
  });

  it('end a stream that is not read with SLOW_CONSUMER, and nobody else notices', async () => {
    const { socket, messages } = await open();
    const quick = subscribe(test.app.url, 'balanceUpdated', { userId: USER });
    subscribers.push(quick);
    socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload: { query: LARGE } }));
    await until(() => messages.some(({ type }) => type === 'next'), 'the snapshot');
    const before = (await quick.untilTold(1))[0]?.balance.version as number;
    socket.pause();
    const metadata = { text: 'x'.repeat(8_000) };
    const writes = 160;
    for (let count = 0; count < writes; count += 8) {
      await Promise.all(Array.from({ length: 8 }, () => topUp(metadata)));
    }
    await until(() => quick.told.at(-1)?.balance.version === before + writes, 'all events at the quick one');
    socket.resume();
    await until(() => messages.some(({ type }) => type === 'error'), 'the end of the slow one');
    const error = messages.find(({ type }) => type === 'error');
    expect(error?.payload).toEqual([
      expect.objectContaining({
        extensions: {
          code: 'SLOW_CONSUMER',
          retryable: true,
          resumeAfter: expect.any(String),
          requestId: expect.any(String),
        },
      }),
    ]);
    const { values } = await scrape(test.app.metricsUrl);
    expect(values.get('dompet_subscription_errors_total{code="SLOW_CONSUMER"}')).toBe(1);
    const told = messages
      .filter(({ type }) => type === 'next')
      .map(({ payload }) => payload.data.balanceUpdated);
    const last = told.at(-1);
    expect(told.length).toBeLessThan(writes);
    expect(last.cursor).toBe(error?.payload[0].extensions.resumeAfter);
    const resumed = subscribe(test.app.url, 'balanceUpdated', { userId: USER, after: last.cursor });
    subscribers.push(resumed);
    const missing = writes - (last.balance.version - before);
    const replayed = await resumed.untilTold(missing);
    expect(replayed.map(({ balance }) => balance.version)).toEqual(
      Array.from({ length: missing }, (_, index) => last.balance.version + 1 + index),
    );
    expect(quick.told.map(({ balance }) => balance.version)).toEqual(
      Array.from({ length: writes + 1 }, (_, index) => before + index),
    );
  });
});
