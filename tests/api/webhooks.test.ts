import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Webhook } from 'standardwebhooks';
import { Event } from '../../src/events/event.js';
import { verify } from '../../src/verification/verify.js';
import { FakeClock, startApp, type TestApp } from '../support/app.js';
import { databases } from '../support/databases.js';
import { until } from '../support/processes.js';
import { ok, Receiver, type Reply } from '../support/webhook-receiver.js';
import { WebhookApi } from '../support/webhooks.js';

const SETTINGS = {
  SEED_DEMO_DATA: 'true',
  WEBHOOK_ALLOW_PRIVATE: 'true',
  WEBHOOK_POLL_INTERVAL: '20',
  WEBHOOK_TIMEOUT: '300',
};
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

const status =
  (code: number): Reply =>
  (response) =>
    void response.writeHead(code).end(`said ${code}`);
const hang: Reply = () => undefined;

describe.each(databases)('webhooks on $name', (kind) => {
  let test: TestApp;
  let api: WebhookApi;
  let receiver: Receiver;

  beforeAll(async () => {
    // Signatures are verified against the real time.
    const clock = new FakeClock(new Date().toISOString());
    test = await startApp(kind, SETTINGS, clock, { random: () => 0 });
    api = new WebhookApi(test);
  });
  afterAll(() => test.close());
  beforeEach(async () => {
    receiver = await Receiver.start();
  });
  afterEach(async () => {
    await api.deleteAll();
    await receiver.close();
    expect((await verify(test.orm)).problem).toBeUndefined();
  });

  const count = (received: number) =>
    until(() => receiver.received.length >= received, `${received} received`);
  const delivered = (id: string) =>
    until(async () => (await api.delivery(id)).status === 'DELIVERED', 'it is delivered');

  it('sends an event once, signed as the reference library verifies, and tells what became of it', async () => {
    receiver.reply = (response) => void response.end('thanks');
    const { endpoint, secret } = await api.create(receiver.url);
    const transactionId = await api.topUp('user-001', '12.34');
    await count(1);
    const [{ id, headers, body } = { id: '', headers: {}, body: '' }] = receiver.received;
    expect(headers['content-type']).toBe('application/json');
    expect(new Webhook(secret).verify(body, headers as Record<string, string>)).toMatchObject({
      type: 'transaction.created',
      timestamp: test.clock.now().toISOString(),
      data: {
        userId: 'user-001',
        transaction: {
          id: transactionId,
          type: 'TOP_UP',
          status: 'COMPLETED',
          amount: { amount: '12.34', currency: 'MYR', minorUnits: '1234' },
        },
      },
    });
    expect(() => new Webhook(secret).verify(`${body} `, headers as Record<string, string>)).toThrow(
      'No matching signature found',
    );
    await delivered(id);
    const delivery = await api.delivery(id);
    expect(delivery).toEqual({
      id,
      endpointId: endpoint.id,
      eventType: 'transaction.created',
      body,
      status: 'DELIVERED',
      attemptCount: 1,
      attempts: [
        { at: test.clock.now().toISOString(), statusCode: 200, durationMs: expect.any(Number), error: null },
      ],
      nextAttemptAt: null,
      lastResponse: 'thanks',
      deliveredAt: test.clock.now().toISOString(),
      createdAt: test.clock.now().toISOString(),
    });
    expect(receiver.received).toHaveLength(1);
  });

  it.each<[string, Reply, object]>([
    ['answers 500', status(500), { statusCode: 500, error: null }],
    ['answers 404', status(404), { statusCode: 404, error: null }],
    [
      'redirects',
      (response) => void response.writeHead(302, { location: '/elsewhere' }).end(),
      { statusCode: 302, error: null },
    ],
    [
      'redirects for good',
      (response) => void response.writeHead(308, { location: '/elsewhere' }).end(),
      { statusCode: 308, error: null },
    ],
    ['closes', (response) => void response.destroy(), { statusCode: null, error: 'socket hang up' }],
    ['hangs', hang, { statusCode: null, error: 'no answer within 300 ms' }],
    [
      'answers too late',
      (response) => void setTimeout(() => response.end('late'), 500),
      { statusCode: null, error: 'no answer within 300 ms' },
    ],
    [
      'hangs after the status',
      (response) => void response.writeHead(503).write('wait'),
      { statusCode: 503, error: null },
    ],
  ])('sends an event again when the receiver %s', async (_what, reply, attempt) => {
    receiver.replyWith(reply);
    const { secret } = await api.create(receiver.url);
    await api.topUp('user-001', '1.00');
    await count(2);
    const [first, second] = receiver.received;
    await delivered(first?.id ?? '');
    const { attempts, attemptCount } = await api.delivery(first?.id ?? '');
    expect(attempts).toMatchObject([attempt, { statusCode: 200, error: null }]);
    expect(attemptCount).toBe(2);
    expect(receiver.received.map(({ path }) => path)).toEqual(['/hook', '/hook']);
    expect([second?.id, second?.body]).toEqual([first?.id, first?.body]);
    for (const { body, headers } of receiver.received) new Webhook(secret).verify(body, headers as never);
  });

  it('signs with both secrets while a rotation overlaps, and tells each secret once', async () => {
    const { endpoint, secret: first } = await api.create(receiver.url);
    const rotated = await api.mutate('rotateWebhookSecret', { id: endpoint.id, overlapHours: 2 });
    expect(rotated.secret).not.toBe(first);
    const expiresAt = new Date(test.clock.now().getTime() + 2 * HOUR_MS).toISOString();
    expect(rotated.webhookEndpoint.previousSecretExpiresAt).toBe(expiresAt);
    await api.topUp('user-001', '1.00');
    await count(1);
    const signatures = (index: number) =>
      String(receiver.received[index]?.headers['webhook-signature']).split(' ');
    const verified = (index: number, secret: string) => {
      const { id = '', body = '', headers } = receiver.received[index] ?? {};
      const at = new Date(Number(headers?.['webhook-timestamp']) * 1_000);
      return signatures(index).includes(new Webhook(secret).sign(id, at, body));
    };
    expect([verified(0, first), verified(0, rotated.secret)]).toEqual([true, true]);
    expect(signatures(0)).toHaveLength(2);
    new Webhook(first).verify(receiver.received[0]?.body ?? '', receiver.received[0]?.headers as never);
    test.clock.advance(2 * HOUR_MS);
    await api.topUp('user-001', '1.00');
    await count(2);
    expect([verified(1, first), verified(1, rotated.secret)]).toEqual([false, true]);
    const again = await api.mutate('rotateWebhookSecret', { id: endpoint.id, overlapHours: 0 });
    expect(again.webhookEndpoint.previousSecretExpiresAt).toBeNull();
    await api.topUp('user-001', '1.00');
    await count(3);
    expect([verified(2, rotated.secret), verified(2, again.secret)]).toEqual([false, true]);
    const refused = await api.mutate('rotateWebhookSecret', { id: endpoint.id, overlapHours: 169 });
    expect(refused.userErrors).toMatchObject([
      { code: 'INVALID_SECRET_OVERLAP', path: ['input', 'overlapHours'] },
    ]);
    expect(refused.secret).toBeNull();
  });

  it('tells no connection, and sends again when there is one', async () => {
    await api.create(receiver.url);
    const { port } = receiver;
    await receiver.close();
    await api.topUp('user-001', '1.00');
    await until(async () => {
      const [delivery] = await api.deliveries();
      return delivery?.attempts[0]?.error === `connect ECONNREFUSED 127.0.0.1:${port}`;
    }, 'the refusal is recorded');
    receiver = await Receiver.start();
    const [endpoint] = await api.endpoints();
    await api.mutate('updateWebhookEndpoint', { id: endpoint?.id, url: receiver.url });
    await count(1);
  });

  it.each<[string, Reply, string]>([
    ['late but in time', (response) => void setTimeout(() => response.end('ok'), 100), 'ok'],
    ['with no body', (response) => void response.writeHead(204).end(), ''],
    ['with a body that never ends', (response) => void response.writeHead(200).write('begin'), 'begin'],
    ['with a large body', (response) => void response.end('x'.repeat(1_000_000)), 'x'.repeat(1_024)],
    [
      'with bytes that are no text',
      (response) => void response.end(Buffer.alloc(2_000, 0xff)),
      '\ufffd'.repeat(341),
    ],
    ['with a NUL', (response) => void response.end('a\0b'), 'a\ufffdb'],
    [
      'with half a character at the end',
      (response) => void response.end(`${'x'.repeat(1_022)}€`),
      'x'.repeat(1_022),
    ],
  ])('takes an answer %s and keeps at most 1 KiB of it', async (_what, reply, response) => {
    receiver.replyWith(reply);
    await api.create(receiver.url);
    await api.topUp('user-001', '1.00');
    await count(1);
    const [{ id } = { id: '' }] = receiver.received;
    await delivered(id);
    const delivery = await api.delivery(id);
    expect(delivery.lastResponse).toBe(response);
    expect(delivery.attemptCount).toBe(1);
  });

  it('sends only what the endpoint wants, and only what happened since it was made', async () => {
    await api.create(receiver.url, ['USER_STATUS_CHANGED', 'USER_STATUS_CHANGED']);
    await api.topUp('user-003', '1.00');
    await api.changeStatus('user-003', 'SUSPENDED');
    await api.changeStatus('user-003', 'ACTIVE');
    await count(2);
    expect(receiver.received.map(({ message }) => [message.type, message.data.userStatus])).toEqual([
      ['user.status_changed', 'SUSPENDED'],
      ['user.status_changed', 'ACTIVE'],
    ]);
    expect((await api.endpoints())[0]?.eventTypes).toEqual(['USER_STATUS_CHANGED']);
  });

  it("keeps each user's order through failures, while other users' events flow", async () => {
    const expected: Record<string, string[]> = { 'user-001': [], 'user-002': [] };
    const arrived: Record<string, string[]> = { 'user-001': [], 'user-002': [] };
    let failures = 0;
    receiver.reply = (response, { message }) => {
      const { userId, transaction } = message.data;
      // The first user fails until all of the second's have come, and then every other time.
      const barred = userId === 'user-001' && ((arrived['user-002']?.length ?? 0) < 5 || failures % 2 === 0);
      if (barred) {
        failures += 1;
        return void response.writeHead(500).end();
      }
      if (userId === 'user-001') failures += 1;
      arrived[userId]?.push(transaction.id);
      return void response.end();
    };
    await api.create(receiver.url);
    for (let index = 0; index < 5; index += 1) {
      for (const userId of ['user-001', 'user-002'])
        expected[userId]?.push(await api.topUp(userId, '1.00', userId === 'user-001' ? 'MYR' : 'SGD'));
    }
    await until(() => arrived['user-001']?.length === 5, 'all have arrived');
    expect(arrived).toEqual(expected);
    expect(failures).toBeGreaterThan(5);
    expect(receiver.overlaps).toBe(0);
  });

  it('gives up after a day, pauses the endpoint, says so in the log, and goes on in order when resumed', async () => {
    receiver.reply = status(500);
    const watcher = await Receiver.start();
    await api.create(watcher.url, ['WEBHOOK_ENDPOINT_PAUSED']);
    const { endpoint } = await api.create(receiver.url);
    const first = await api.topUp('user-001', '1.00');
    const second = await api.topUp('user-001', '2.00');
    await count(1);
    test.clock.advance(DAY_MS - 1);
    const before = receiver.received.length;
    await count(before + 2);
    expect(await api.endpoint(endpoint.id)).toMatchObject({ status: 'ACTIVE', pausedReason: null });
    test.clock.advance(1);
    await until(async () => (await api.endpoint(endpoint.id)).status === 'PAUSED', 'it is paused');
    expect(await api.endpoint(endpoint.id)).toMatchObject({ status: 'PAUSED', pausedReason: 'EXHAUSTED' });
    const deliveries = await api.deliveries(endpoint.id);
    expect(deliveries.map((one) => [one.status, one.nextAttemptAt === null])).toEqual([
      ['PENDING', false],
      ['FAILED', true],
    ]);
    const event = await test.orm.em
      .fork()
      .findOneOrFail(Event, { type: 'WEBHOOK_ENDPOINT_PAUSED' }, { orderBy: { position: 'desc' } });
    expect([event.userId, event.version, event.transactionId, JSON.parse(event.payload)]).toEqual([
      null,
      0,
      null,
      { webhookEndpoint: { id: endpoint.id, pausedReason: 'EXHAUSTED' } },
    ]);
    await until(() => watcher.received.length === 1, 'the other endpoint is told');
    expect(watcher.received[0]?.message).toMatchObject({
      type: 'webhook_endpoint.paused',
      data: { webhookEndpoint: { id: endpoint.id, pausedReason: 'EXHAUSTED' } },
    });
    await watcher.close();
    const sent = receiver.received.length;
    receiver.reply = ok;
    const third = await api.topUp('user-001', '3.00');
    expect(receiver.received).toHaveLength(sent);
    await api.mutate('resumeWebhookEndpoint', { id: endpoint.id });
    await count(sent + 3);
    expect(receiver.received.slice(sent).map(({ message }) => message.data.transaction.id)).toEqual([
      first,
      second,
      third,
    ]);
  });

  it('pauses at once an endpoint that says it is gone', async () => {
    receiver.reply = status(410);
    const { endpoint } = await api.create(receiver.url);
    await api.topUp('user-001', '1.00');
    await until(async () => (await api.endpoint(endpoint.id)).status === 'PAUSED', 'it is paused');
    expect(await api.endpoint(endpoint.id)).toMatchObject({ pausedReason: 'GONE' });
    expect(receiver.received).toHaveLength(1);
    const [delivery] = await api.deliveries();
    expect(delivery).toMatchObject({
      status: 'FAILED',
      attempts: [{ statusCode: 410 }],
      lastResponse: 'said 410',
    });
  });

  it('sends nothing while an endpoint is paused, and loses nothing', async () => {
    const { endpoint } = await api.create(receiver.url);
    const paused = await api.mutate('pauseWebhookEndpoint', { id: endpoint.id });
    expect(paused.webhookEndpoint).toMatchObject({ status: 'PAUSED', pausedReason: 'REQUESTED' });
    const ids = [await api.topUp('user-001', '1.00'), await api.topUp('user-001', '2.00')];
    await api.mutate('sendTestEvent', { endpointId: endpoint.id });
    // A second endpoint that hears of the same events shows that the worker has been by.
    const witness = await Receiver.start();
    await api.create(witness.url);
    await api.topUp('user-001', '3.00').then((id) => ids.push(id));
    await until(() => witness.received.length === 1, 'the witness is told');
    await witness.close();
    expect(receiver.received).toEqual([]);
    const resumed = await api.mutate('resumeWebhookEndpoint', { id: endpoint.id });
    expect(resumed.webhookEndpoint).toMatchObject({ status: 'ACTIVE', pausedReason: null });
    await count(4);
    const told = receiver.received.filter(({ message }) => message.type === 'transaction.created');
    expect(told.map(({ message }) => message.data.transaction.id)).toEqual(ids);
  });

  it('sends a test message', async () => {
    const { endpoint } = await api.create(receiver.url);
    const { webhookDelivery } = await api.mutate('sendTestEvent', { endpointId: endpoint.id });
    expect(webhookDelivery).toMatchObject({ eventType: 'test', status: 'PENDING', attemptCount: 0 });
    await count(1);
    expect(receiver.received[0]?.id).toBe(webhookDelivery.id);
    expect(receiver.received[0]?.message).toEqual({
      type: 'test',
      timestamp: test.clock.now().toISOString(),
      data: { webhookEndpoint: { id: endpoint.id } },
    });
  });

  it('sends a delivery again, without holding up later ones', async () => {
    await api.create(receiver.url);
    await api.topUp('user-001', '1.00');
    await count(1);
    const [{ id, body } = { id: '', body: '' }] = receiver.received;
    await delivered(id);
    receiver.reply = (response, received) => status(received.id === id ? 500 : 200)(response, received);
    const { webhookDelivery } = await api.mutate('redeliver', { deliveryId: id });
    expect(webhookDelivery).toMatchObject({ id, status: 'PENDING', attemptCount: 0, deliveredAt: null });
    expect(webhookDelivery.attempts).toHaveLength(1);
    await count(2);
    const later = await api.topUp('user-001', '2.00');
    await until(
      () => receiver.received.some(({ message }) => message.data.transaction.id === later),
      'the later one has come',
    );
    receiver.reply = ok;
    await delivered(id);
    const repetitions = receiver.received.filter((received) => received.id === id);
    expect(new Set(repetitions.map((received) => received.body))).toEqual(new Set([body]));
  });

  it('replays everything after a cursor, in order, and never skips what is still to come', async () => {
    const { endpoint } = await api.create(receiver.url);
    const ids: string[] = [];
    for (const amount of ['1.00', '2.00', '3.00', '4.00']) ids.push(await api.topUp('user-001', amount));
    await count(4);
    await until(
      async () => (await api.deliveries(endpoint.id, ['DELIVERED'])).length === 4,
      'all are delivered',
    );
    const sent = receiver.received.map(({ id }) => id);
    const replay = await api.mutate('replayWebhook', {
      endpointId: endpoint.id,
      after: receiver.received[1]?.message.data.cursor,
    });
    expect(replay.userErrors).toEqual([]);
    await count(6);
    expect(receiver.received.slice(4).map(({ id }) => id)).toEqual(sent.slice(2));
    await until(
      async () => (await api.deliveries(endpoint.id, ['DELIVERED'])).length === 4,
      'all are delivered',
    );
    const { data } = receiver.received.at(-1)?.message ?? {};
    await api.mutate('pauseWebhookEndpoint', { id: endpoint.id });
    const fifth = await api.topUp('user-001', '5.00');
    await api.mutate('replayWebhook', { endpointId: endpoint.id, after: data.cursor });
    await api.mutate('resumeWebhookEndpoint', { id: endpoint.id });
    await count(7);
    expect(receiver.received[6]?.message.data.transaction.id).toBe(fifth);
    for (const after of ['nonsense', Buffer.from('p1:999999999').toString('base64url')]) {
      const refused = await api.mutate('replayWebhook', { endpointId: endpoint.id, after });
      expect(refused.userErrors).toMatchObject([{ code: 'INVALID_CURSOR', path: ['input', 'after'] }]);
    }
  });

  it('updates what is given and leaves the rest', async () => {
    const { endpoint } = await api.create(receiver.url, ['USER_CREATED'], 'first');
    const update = (changes: object) => api.mutate('updateWebhookEndpoint', { id: endpoint.id, ...changes });
    expect((await update({ eventTypes: ['TRANSACTION_REVERSED', 'USER_CREATED'] })).webhookEndpoint).toEqual({
      ...endpoint,
      eventTypes: ['USER_CREATED', 'TRANSACTION_REVERSED'],
      updatedAt: test.clock.now().toISOString(),
    });
    expect((await update({ description: null })).webhookEndpoint).toMatchObject({
      url: receiver.url,
      description: null,
      eventTypes: ['USER_CREATED', 'TRANSACTION_REVERSED'],
    });
    for (const [changes, code, field] of [
      [{ url: 'ftp://example.com' }, 'INVALID_WEBHOOK_URL', 'url'],
      [{ eventTypes: [] }, 'INVALID_EVENT_TYPES', 'eventTypes'],
      [{ description: 'x'.repeat(501) }, 'INVALID_WEBHOOK_DESCRIPTION', 'description'],
      [{ description: 'a\u0007' }, 'INVALID_WEBHOOK_DESCRIPTION', 'description'],
    ] as const) {
      expect((await update(changes)).userErrors).toMatchObject([{ code, path: ['input', field] }]);
    }
  });

  it('deletes an endpoint with its deliveries, and then knows neither', async () => {
    const { endpoint } = await api.create(receiver.url);
    await api.topUp('user-001', '1.00');
    await count(1);
    const deliveryId = receiver.received[0]?.id ?? '';
    await delivered(deliveryId);
    expect(await api.mutate('deleteWebhookEndpoint', { id: endpoint.id.toUpperCase() })).toEqual({
      deletedId: endpoint.id,
      userErrors: [],
    });
    const { data } = await test.graphql(
      `query ($id: ID!, $deliveryId: ID!) { webhookEndpoint(id: $id) { id } webhookDelivery(id: $deliveryId) { id } webhookEndpoints { id } }`,
      { id: endpoint.id, deliveryId },
    );
    expect(data).toEqual({ webhookEndpoint: null, webhookDelivery: null, webhookEndpoints: [] });
    for (const id of [endpoint.id, 'nonsense']) {
      for (const name of [
        'updateWebhookEndpoint',
        'pauseWebhookEndpoint',
        'resumeWebhookEndpoint',
        'deleteWebhookEndpoint',
        'rotateWebhookSecret',
      ]) {
        expect((await api.mutate(name, { id })).userErrors).toMatchObject([
          { code: 'WEBHOOK_ENDPOINT_NOT_FOUND', path: ['input', 'id'] },
        ]);
      }
      const { userErrors } = await api.mutate('sendTestEvent', { endpointId: id });
      expect(userErrors).toMatchObject([
        { code: 'WEBHOOK_ENDPOINT_NOT_FOUND', path: ['input', 'endpointId'] },
      ]);
      const missing = await api.mutate('redeliver', { deliveryId: id === endpoint.id ? deliveryId : id });
      expect(missing.userErrors).toMatchObject([
        { code: 'WEBHOOK_DELIVERY_NOT_FOUND', path: ['input', 'deliveryId'] },
      ]);
    }
    const { errors } = await test.graphql(
      `{ webhookDeliveries(endpointId: "${endpoint.id}") { nodes { id } } }`,
    );
    expect(errors).toMatchObject([{ extensions: { code: 'WEBHOOK_ENDPOINT_NOT_FOUND' } }]);
  });

  it('pages through deliveries, newest first, by status', async () => {
    receiver.reply = (response, { message }) =>
      status(message.data.userId === 'user-001' ? 200 : 500)(response, {} as never);
    const { endpoint } = await api.create(receiver.url);
    for (const amount of ['1.00', '2.00', '3.00']) await api.topUp('user-001', amount);
    await api.topUp('user-002', '1.00', 'SGD');
    await until(
      async () => (await api.deliveries(endpoint.id, ['DELIVERED'])).length === 3,
      'three are delivered',
    );
    const page = async (args: string) => {
      const document = `{ webhookDeliveries(endpointId: "${endpoint.id}", ${args}) {
        edges { cursor node { id } } nodes { id } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }`;
      return (await test.graphql(document)).data?.webhookDeliveries;
    };
    const all = (await page('first: 100')).nodes.map(({ id }: { id: string }) => id);
    expect(all).toEqual([...all].sort().reverse());
    const first = await page('first: 2, status: [DELIVERED]');
    expect(first.nodes.map(({ id }: { id: string }) => id)).toEqual(all.slice(1, 3));
    expect(first.pageInfo).toEqual({
      hasNextPage: true,
      hasPreviousPage: false,
      startCursor: first.edges[0].cursor,
      endCursor: first.edges[1].cursor,
    });
    const rest = await page(`first: 2, status: [DELIVERED], after: "${first.pageInfo.endCursor}"`);
    expect(rest.nodes).toEqual([{ id: all[3] }]);
    expect(rest.pageInfo).toMatchObject({ hasNextPage: false, hasPreviousPage: true });
    for (const args of ['first: 0', 'first: 101', 'after: "nonsense"']) {
      const { errors } = await test.graphql(
        `{ webhookDeliveries(endpointId: "${endpoint.id}", ${args}) { nodes { id } } }`,
      );
      expect(errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }]);
    }
  });

  it('forgets what was delivered long ago', async () => {
    const { endpoint } = await api.create(receiver.url);
    await api.topUp('user-001', '1.00');
    await count(1);
    await delivered(receiver.received[0]?.id ?? '');
    test.clock.advance(30 * DAY_MS + 1);
    await until(async () => (await api.deliveries(endpoint.id)).length === 0, 'it is forgotten');
  });
});
