import { describe, expect, it } from '@jest/globals';
import { verify } from '../../src/verification/verify.js';
import { WebhookDelivery } from '../../src/webhooks/delivery.js';
import { FakeClock, NOON, startApp } from '../support/app.js';
import { databases } from '../support/databases.js';
import { until } from '../support/processes.js';
import { ok, Receiver, type Reply } from '../support/webhook-receiver.js';
import { WebhookApi } from '../support/webhooks.js';

const SETTINGS = {
  SEED_DEMO_DATA: 'true',
  WEBHOOK_ALLOW_PRIVATE: 'true',
  WEBHOOK_POLL_INTERVAL: '20',
  WEBHOOK_TIMEOUT: '10000',
};
const later: Reply = (response) => void setTimeout(() => response.end('ok'), Math.random() * 10);

describe('webhooks of several servers on one database', () => {
  const postgresql = databases.filter(({ name }) => name === 'postgresql');

  it.each(postgresql)('never send one delivery twice at once, and keep the order ($name)', async (kind) => {
    const receiver = await Receiver.start();
    receiver.reply = later;
    await using test = await startApp(kind, SETTINGS);
    const other = await test.startBeside();
    const api = new WebhookApi(test);
    const second = new WebhookApi(other, 'second');
    const { endpoint } = await api.create(receiver.url);
    await api.mutate('pauseWebhookEndpoint', { id: endpoint.id });
    const users = Array.from({ length: 24 }, (_, index) => `walker-${index}`);
    await Promise.all(users.map((id) => api.createUser(id)));
    const expected: Record<string, string[]> = {};
    await Promise.all(
      users.map(async (id, index) => {
        expected[id] = [];
        for (let count = 0; count < 10; count += 1)
          expected[id].push(await (index % 2 ? api : second).topUp(id, '1.00'));
      }),
    );
    // Both servers find all of it at the same time.
    await api.mutate('resumeWebhookEndpoint', { id: endpoint.id });
    await until(() => receiver.received.length >= 240, 'all have arrived');
    const open = () => api.deliveries(endpoint.id, ['PENDING', 'SENDING']);
    await until(async () => (await open()).length === 0, 'all are recorded');
    const arrived = Map.groupBy(receiver.received, ({ message }) => message.data.userId as string);
    const ids = [...arrived].map(([userId, all]) => [
      userId,
      all.map(({ message }) => message.data.transaction.id),
    ]);
    expect(Object.fromEntries(ids)).toEqual(expected);
    expect(receiver.received).toHaveLength(240);
    expect(receiver.overlaps).toBe(0);
    expect((await verify(test.orm)).problem).toBeUndefined();
    await other.app.close();
    await receiver.close();
  });

  it.each(postgresql)('take over what a server that died was sending ($name)', async (kind) => {
    const receiver = await Receiver.start();
    let release = () => {};
    receiver.replyWith((response) => {
      release = () => void response.writeHead(500).end('from the dead');
    });
    await using test = await startApp(kind, SETTINGS);
    const api = new WebhookApi(test);
    await api.create(receiver.url);
    await api.topUp('user-001', '1.00');
    await until(() => receiver.received.length === 1, 'the first server sends');
    const [{ id } = { id: '' }] = receiver.received;
    // The lease is the timeout and twenty seconds; to the second server it is over when its clock says so.
    const clock = new FakeClock(NOON);
    clock.advance(29_999);
    const other = await test.startBeside({}, { clock });
    const second = new WebhookApi(other, 'second');
    const { webhookDelivery } = await second.mutate('sendTestEvent', {
      endpointId: (await api.endpoints())[0]?.id,
    });
    await until(
      async () => (await api.delivery(webhookDelivery.id)).status === 'DELIVERED',
      'the second works',
    );
    expect(await api.delivery(id)).toMatchObject({ status: 'SENDING', attemptCount: 1, attempts: [] });
    clock.advance(1);
    await until(async () => (await api.delivery(id)).status === 'DELIVERED', 'it is taken over');
    release();
    const taken = await api.delivery(id);
    expect(taken).toMatchObject({ attemptCount: 2, attempts: [{ statusCode: 200 }], lastResponse: 'ok' });
    await other.app.close();
    await test.app.close();
    // What the first server learnt at last changes nothing.
    const again = await test.startBeside();
    expect(await new WebhookApi(again).delivery(id)).toEqual(taken);
    await again.app.close();
    await receiver.close();
  });
});

describe.each(databases)('webhooks while a server shuts down on $name', (kind) => {
  it('finish what is under way, and send the rest after the next start', async () => {
    const receiver = await Receiver.start();
    let release = () => {};
    receiver.replyWith((response) => {
      release = () => void response.end('done');
    });
    await using test = await startApp(kind, SETTINGS);
    const api = new WebhookApi(test);
    const { endpoint } = await api.create(receiver.url);
    const ids = [await api.topUp('user-001', '1.00'), await api.topUp('user-001', '2.00')];
    await until(() => receiver.received.length === 1, 'the first is under way');
    const closed = test.app.close();
    release();
    await closed;
    expect(receiver.received).toHaveLength(1);
    receiver.reply = ok;
    const next = await test.startBeside();
    const after = new WebhookApi(next);
    await until(
      async () => (await after.deliveries(endpoint.id, ['DELIVERED'])).length === 2,
      'both are delivered',
    );
    expect(receiver.received.map(({ message }) => message.data.transaction.id)).toEqual(ids);
    await next.app.close();
    await receiver.close();
  });

  it('break off what takes too long, and send it again after the next start', async () => {
    const receiver = await Receiver.start();
    receiver.replyWith(() => undefined);
    await using test = await startApp(kind, SETTINGS);
    const api = new WebhookApi(test);
    await api.create(receiver.url);
    await api.topUp('user-001', '1.00');
    await until(() => receiver.received.length === 1, 'it is under way');
    await test.app.close();
    const next = await test.startBeside();
    const after = new WebhookApi(next);
    const [delivery] = await after.deliveries();
    expect(delivery).toMatchObject({
      status: 'PENDING',
      attempts: [{ statusCode: null, error: 'The operation was aborted' }],
    });
    test.clock.advance(2_000);
    await until(() => receiver.received.length === 2, 'it is sent again');
    expect(receiver.received[1]?.id).toBe(receiver.received[0]?.id);
    await next.app.close();
    await receiver.close();
  });
});

describe.each(databases)('webhooks that fall far behind on $name', (kind) => {
  it('make a bounded number of deliveries ahead, and send everything in order in the end', async () => {
    const receiver = await Receiver.start();
    receiver.reply = (response) => void response.writeHead(503).end();
    await using test = await startApp(kind, SETTINGS, new FakeClock(NOON), { random: () => 0 });
    const api = new WebhookApi(test);
    await api.create(receiver.url);
    const users = Array.from({ length: 24 }, (_, index) => `walker-${index}`);
    await Promise.all(users.map((id) => api.createUser(id)));
    await Promise.all(
      users.map(async (id) => {
        for (let index = 0; index < 50; index += 1) await api.topUp(id, '1.00');
      }),
    );
    const em = test.orm.em.fork();
    const undelivered = () => em.count(WebhookDelivery, { dueAt: { $ne: null } });
    await until(async () => (await undelivered()) === 1_000, 'the backlog is full');
    receiver.reply = ok;
    const sent = receiver.received.length;
    await until(
      async () => (await em.count(WebhookDelivery, { status: 'DELIVERED' })) === 1_200,
      'all are delivered',
    );
    const versions: Record<string, number[]> = {};
    for (const { message } of receiver.received.slice(sent)) {
      versions[message.data.userId] ??= [];
      versions[message.data.userId]?.push(message.data.balance.version);
    }
    const expected = Array.from({ length: 50 }, (_, index) => index + 1);
    for (const id of users) expect(versions[id]).toEqual(expected);
    expect(receiver.overlaps).toBe(0);
    await receiver.close();
  });
});
