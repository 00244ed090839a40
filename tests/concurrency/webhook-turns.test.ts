import { describe, expect, it } from '@jest/globals';
import type { Claimed } from '../../src/webhooks/claim.js';
import { WebhookDelivery } from '../../src/webhooks/delivery.js';
import { WebhookEndpoint } from '../../src/webhooks/endpoint.js';
import { takeTurn } from '../../src/webhooks/turn.js';
import { startApp, type TestApp } from '../support/app.js';
import { databases } from '../support/databases.js';
import { WebhookApi } from '../support/webhooks.js';

/** The server's own worker looks so seldom that it takes no turn in these tests: the endpoint is made active behind its back. */
const SETTINGS = { SEED_DEMO_DATA: 'true', WEBHOOK_ALLOW_PRIVATE: 'true', WEBHOOK_POLL_INTERVAL: '600000' };

async function pausedEndpoint(api: WebhookApi): Promise<string> {
  const { endpoint } = await api.create('http://127.0.0.1:9/');
  await api.mutate('pauseWebhookEndpoint', { id: endpoint.id });
  return endpoint.id;
}

const activate = (test: TestApp, id: string) =>
  test.orm.em.fork().nativeUpdate(WebhookEndpoint, { id }, { status: 'ACTIVE', pausedReason: null });

function turnOf(test: TestApp, endpointId: string, slots: number) {
  const { orm, clock, config } = test;
  const dependencies = {
    orm,
    clock,
    settings: config.webhooks,
    random: () => 0,
    onAppended: () => undefined,
    announce: async () => undefined,
  };
  return takeTurn(dependencies, endpointId, [], slots);
}

describe.each(databases)('turns of an endpoint on $name', (kind) => {
  it('that are taken at the same time never claim the same delivery', async () => {
    await using test = await startApp(kind, SETTINGS);
    const api = new WebhookApi(test);
    const id = await pausedEndpoint(api);
    const users = Array.from({ length: 12 }, (_, index) => `walker-${index}`);
    await Promise.all(users.map((user) => api.createUser(user)));
    await Promise.all(users.map((user) => api.topUp(user, '1.00')));
    await activate(test, id);
    await turnOf(test, id, 0);
    const turns = await Promise.all(Array.from({ length: 6 }, () => turnOf(test, id, 12)));
    const claimed = turns.flatMap((turn) => turn.claimed.map((one: Claimed) => one.id));
    expect(claimed).toHaveLength(12);
    expect(new Set(claimed).size).toBe(12);
  });

  it('send nothing ahead of what a replay has not read again yet', async () => {
    await using test = await startApp(kind, SETTINGS);
    const api = new WebhookApi(test);
    const id = await pausedEndpoint(api);
    const { readPosition } = await test.orm.em.fork().findOneOrFail(WebhookEndpoint, id);
    await Promise.all(Array.from({ length: 210 }, () => api.topUp('user-001', '1.00')));
    await api.topUp('user-002', '1.00', 'SGD');
    await api.topUp('user-002', '2.00', 'SGD');
    await activate(test, id);
    expect(await turnOf(test, id, 0)).toEqual({ claimed: [], more: true });
    expect(await turnOf(test, id, 0)).toEqual({ claimed: [], more: false });
    const em = test.orm.em.fork();
    const ofSecond = await em.find(
      WebhookDelivery,
      { orderKey: 'user-002' },
      { orderBy: { position: 'asc' } },
    );
    // The first was delivered, the second waits: a replay from before both must not send the second before the first.
    const [first, second] = ofSecond.map((delivery) => delivery.id);
    await em.nativeUpdate(WebhookDelivery, { id: first ?? '' }, { status: 'DELIVERED', dueAt: null });
    await em.nativeUpdate(WebhookEndpoint, { id }, { readPosition });
    const again = await turnOf(test, id, 10);
    expect(again.more).toBe(true);
    expect(again.claimed.map((one) => one.id)).not.toContain(second);
    expect((await turnOf(test, id, 10)).claimed.map((one) => one.id)).toEqual([first]);
  });
});
