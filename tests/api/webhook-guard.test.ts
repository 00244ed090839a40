import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { systemResolve } from '../../src/webhooks/address.js';
import { FakeClock, NOON, startApp, type TestApp } from '../support/app.js';
import { databases } from '../support/databases.js';
import { until } from '../support/processes.js';
import { Receiver } from '../support/webhook-receiver.js';
import { WebhookApi } from '../support/webhooks.js';

const REFUSAL = 'The host has an address that is not public.';
const SETTINGS = { SEED_DEMO_DATA: 'true', WEBHOOK_POLL_INTERVAL: '20', WEBHOOK_ENDPOINTS_MAX: '2' };

describe.each(databases)('the guard of webhooks on $name', (kind) => {
  let test: TestApp;
  let api: WebhookApi;
  /** What names of example.com lead to; the system knows the rest. */
  let addresses: readonly string[] = [];

  beforeAll(async () => {
    const overrides = {
      random: () => 0.5,
      resolve: async (host: string) =>
        host.endsWith('.example.com')
          ? addresses.map((address) => ({ address, family: 4 }))
          : systemResolve(host),
    };
    test = await startApp(kind, SETTINGS, new FakeClock(NOON), overrides);
    api = new WebhookApi(test);
  });
  afterEach(() => api.deleteAll());
  afterAll(() => test.close());

  it.each([
    ['https://localhost/', 'WEBHOOK_ADDRESS_REFUSED'],
    ['https://127.0.0.1/', 'WEBHOOK_ADDRESS_REFUSED'],
    ['https://2130706433/', 'WEBHOOK_ADDRESS_REFUSED'],
    ['https://[::1]/', 'WEBHOOK_ADDRESS_REFUSED'],
    ['https://169.254.169.254/latest/meta-data/', 'WEBHOOK_ADDRESS_REFUSED'],
    ['https://inside.example.com/', 'WEBHOOK_ADDRESS_REFUSED'],
    ['http://93.184.216.34/', 'INVALID_WEBHOOK_URL'],
    ['https://nowhere.invalid/', 'INVALID_WEBHOOK_URL'],
  ])('refuses %s at creation and at each update', async (url, code) => {
    addresses = ['93.184.216.34', '10.0.0.1'];
    const refused = await api.mutate('createWebhookEndpoint', { url, eventTypes: ['USER_CREATED'] });
    expect(refused).toEqual({
      webhookEndpoint: null,
      secret: null,
      userErrors: [{ code, message: expect.any(String), path: ['input', 'url'] }],
    });
    expect(await api.endpoints()).toEqual([]);
    const { endpoint } = await api.create('https://93.184.216.34/');
    const { webhookEndpoint, userErrors } = await api.mutate('updateWebhookEndpoint', {
      id: endpoint.id,
      url,
    });
    expect([webhookEndpoint, userErrors[0].code]).toEqual([null, code]);
    expect((await api.endpoint(endpoint.id)).url).toBe('https://93.184.216.34/');
  });

  it('refuses at each attempt a name that was public and leads inside later, and waits between attempts', async () => {
    const receiver = await Receiver.start();
    addresses = ['93.184.216.34'];
    await api.create(`https://rebound.example.com:${receiver.port}/`);
    addresses = ['127.0.0.1'];
    await api.topUp('user-001', '1.00');
    const attempts = async () => (await api.deliveries())[0]?.attempts ?? [];
    const first = test.clock.now();
    await until(async () => (await attempts()).length === 1, 'the first attempt is recorded');
    const [delivery] = await api.deliveries();
    expect(delivery).toMatchObject({
      status: 'PENDING',
      attemptCount: 1,
      // Half of two seconds.
      nextAttemptAt: new Date(first.getTime() + 1_000).toISOString(),
      lastResponse: null,
    });
    test.clock.advance(999);
    await api.mutate('sendTestEvent', { endpointId: delivery.endpointId });
    await until(async () => (await api.deliveries())[0]?.attemptCount === 1, 'the test message is tried');
    expect((await api.deliveries())[1]?.attemptCount).toBe(1);
    test.clock.advance(1);
    await until(async () => (await api.deliveries())[1]?.attempts.length === 2, 'the second is recorded');
    const recorded = (await api.deliveries())[1];
    expect(recorded.attempts).toEqual([
      { at: first.toISOString(), statusCode: null, durationMs: expect.any(Number), error: REFUSAL },
      {
        at: test.clock.now().toISOString(),
        statusCode: null,
        durationMs: expect.any(Number),
        error: REFUSAL,
      },
    ]);
    expect(recorded.nextAttemptAt).toBe(new Date(test.clock.now().getTime() + 2_000).toISOString());
    expect(receiver.received).toEqual([]);
    await receiver.close();
  });

  it('counts endpoints, also those that are made at the same time', async () => {
    const inputs = [1, 2, 3, 4].map((index) => ({
      url: `https://93.184.216.34/${index}`,
      eventTypes: ['USER_CREATED'],
    }));
    const payloads = await Promise.all(inputs.map((input) => api.mutate('createWebhookEndpoint', input)));
    const codes = payloads.map(({ userErrors }) => userErrors[0]?.code ?? 'made');
    expect(codes.sort()).toEqual(['WEBHOOK_LIMIT_REACHED', 'WEBHOOK_LIMIT_REACHED', 'made', 'made']);
    expect(await api.endpoints()).toHaveLength(2);
  });
});

describe.each(databases)('an address that was allowed before, on $name', (kind) => {
  it('is not sent to once private addresses are refused', async () => {
    const receiver = await Receiver.start();
    await using test = await startApp(kind, {
      SEED_DEMO_DATA: 'true',
      WEBHOOK_POLL_INTERVAL: '20',
      WEBHOOK_ALLOW_PRIVATE: 'true',
    });
    const api = new WebhookApi(test);
    const { endpoint } = await api.create(receiver.url);
    await api.mutate('pauseWebhookEndpoint', { id: endpoint.id });
    await test.app.close();
    const webhooks = { ...test.config.webhooks, allowPrivate: false };
    const strict = new WebhookApi(await test.startBeside({ webhooks }));
    await strict.mutate('sendTestEvent', { endpointId: endpoint.id });
    await strict.mutate('resumeWebhookEndpoint', { id: endpoint.id });
    await until(async () => (await strict.deliveries())[0]?.attempts.length === 1, 'the attempt is recorded');
    expect((await strict.deliveries())[0]?.attempts).toMatchObject([{ statusCode: null, error: REFUSAL }]);
    expect(receiver.received).toEqual([]);
    await receiver.close();
  });
});
