import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Calls, callsOf, mutationOf } from '../support/api.js';
import { keyWith, mutateKeys } from '../support/api-keys.js';
import { type Answer, NOON, startApp, type TestApp } from '../support/app.js';
import { databases } from '../support/databases.js';
import { askAs, bearer, tokenEnvironment, withKey } from '../support/principals.js';
import { WebhookApi } from '../support/webhooks.js';

const LOG = `query ($first: Int, $after: String) { auditLog(first: $first, after: $after) {
  nodes { type actor reason userId transactionId webhookEndpointId apiKeyId occurredAt }
  pageInfo { hasNextPage hasPreviousPage endCursor } } }`;

describe.each(databases)('the audit log on $name', (kind) => {
  let test: TestApp;
  let call: Calls;
  const read = async (variables: Record<string, unknown> = {}): Promise<Answer['data']> =>
    (await askAs(test, withKey(), LOG, variables)).data.auditLog;
  beforeAll(async () => {
    test = await startApp(kind, {
      ...tokenEnvironment,
      WEBHOOK_ALLOW_PRIVATE: 'true',
      FRAUD_HIGH_VALUE_THRESHOLD: '100',
      FRAUD_HIGH_VALUE_POINTS: '60',
    });
    call = callsOf(test);
  });
  afterAll(() => test.close());

  it('tells who did what, and nothing of payments', async () => {
    const analyst = await bearer(test, { sub: 'siti', roles: 'ANALYST' });
    const admin = await bearer(test, { sub: 'root', roles: 'ADMIN' });
    const as = (
      headers: Readonly<Record<string, string>>,
      name: Parameters<typeof mutationOf>[0],
      input: object,
    ) => askAs(test, headers, mutationOf(name), { input });
    const userId = await call.newUser({ funds: '50.00' });
    const held = (await call.topUp(userId, '500.00 MYR')).transaction.id;
    await as(analyst, 'reviewTransaction', {
      transactionId: held,
      decision: 'APPROVE',
      note: 'payslip seen',
    });
    await as(admin, 'reverseTransaction', {
      transactionId: held,
      reason: 'entered twice',
      idempotencyKey: 'undo',
    });
    await as(admin, 'changeUserStatus', { userId, status: 'SUSPENDED', reason: 'asked for it' });
    const { id } = await keyWith(test, ['USERS_READ']);
    await mutateKeys(test, 'revokeApiKey', { id }, admin);
    const nothing = {
      actor: 'api-key:1',
      reason: null,
      userId: null,
      transactionId: null,
      webhookEndpointId: null,
      apiKeyId: null,
      occurredAt: NOON,
    };
    const { nodes, pageInfo } = await read();
    expect(nodes).toEqual([
      { ...nothing, type: 'API_KEY_REVOKED', actor: 'admin:root', apiKeyId: id },
      { ...nothing, type: 'API_KEY_CREATED', apiKeyId: id },
      { ...nothing, type: 'USER_STATUS_CHANGED', actor: 'admin:root', reason: 'asked for it', userId },
      {
        ...nothing,
        type: 'TRANSACTION_REVERSED',
        actor: 'admin:root',
        reason: 'entered twice',
        userId,
        transactionId: held,
      },
      {
        ...nothing,
        type: 'TRANSACTION_REVIEWED',
        actor: 'analyst:siti',
        reason: 'payslip seen',
        userId,
        transactionId: held,
      },
      { ...nothing, type: 'USER_CREATED', userId },
    ]);
    expect(pageInfo).toMatchObject({ hasNextPage: false, hasPreviousPage: false });
  });

  it('tells every change of a webhook endpoint', async () => {
    const webhooks = new WebhookApi(test);
    const { endpoint } = await webhooks.create('http://127.0.0.1:9/hook');
    const id = endpoint.id;
    await webhooks.mutate('pauseWebhookEndpoint', { id });
    await webhooks.mutate('updateWebhookEndpoint', { id, description: 'of the shop' });
    await webhooks.mutate('rotateWebhookSecret', { id });
    const { webhookDelivery } = await webhooks.mutate('sendTestEvent', { endpointId: id });
    await webhooks.mutate('redeliver', { deliveryId: webhookDelivery.id });
    const { data } = await askAs(test, withKey(), '{ auditLog(first: 1) { nodes { cursor } } }');
    await webhooks.mutate('replayWebhook', { endpointId: id, after: data.auditLog.nodes[0].cursor });
    await webhooks.mutate('resumeWebhookEndpoint', { id });
    await webhooks.mutate('deleteWebhookEndpoint', { id });
    const { nodes } = await read({ first: 9 });
    expect(nodes.map((node: Answer['data']) => [node.type, node.actor, node.webhookEndpointId])).toEqual(
      [
        'WEBHOOK_ENDPOINT_DELETED',
        'WEBHOOK_ENDPOINT_RESUMED',
        'WEBHOOK_REPLAYED',
        'WEBHOOK_REDELIVERED',
        'WEBHOOK_TESTED',
        'WEBHOOK_SECRET_ROTATED',
        'WEBHOOK_ENDPOINT_UPDATED',
        'WEBHOOK_ENDPOINT_PAUSED',
        'WEBHOOK_ENDPOINT_CREATED',
      ].map((type) => [type, 'api-key:1', id]),
    );
  });

  it('is read by pages, each action once', async () => {
    const all = (await read({ first: 100 })).nodes;
    const paged: unknown[] = [];
    let after: string | undefined;
    do {
      const { nodes, pageInfo } = await read({ first: 4, after });
      paged.push(...nodes);
      after = pageInfo.hasNextPage ? pageInfo.endCursor : undefined;
    } while (after);
    expect(paged).toEqual(all);
    expect(all.length).toBe(15);
  });

  it.each([
    [{ first: 0 }, 'first must be from 1 to 100.'],
    [{ first: 101 }, 'first must be from 1 to 100.'],
    [{ after: 'x' }, 'after is not a cursor of this list.'],
  ])('refuses the page %j', async (variables, message) => {
    const { errors } = await askAs(test, withKey(), LOG, variables);
    expect([errors[0]?.extensions.code, errors[0]?.message]).toEqual(['BAD_USER_INPUT', message]);
  });
});
