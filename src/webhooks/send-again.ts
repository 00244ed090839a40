import { DomainError, inputError } from '../errors.js';
import { findPlace } from '../events/find-place.js';
import { isId, newId } from '../ids.js';
import { changeEndpoint, type WebhookDependencies } from './change-endpoint.js';
import { afresh, type DeliveryRow, newDelivery, WebhookDelivery } from './delivery.js';
import type { WebhookEndpoint } from './endpoint.js';
import { TEST_TYPE, testMessage } from './message.js';

/** Sends a message of type `test`, which waits for no other. */
export async function sendTestEvent(
  dependencies: WebhookDependencies,
  endpointId: string,
  actor: string,
): Promise<DeliveryRow> {
  let delivery: DeliveryRow | undefined;
  await changeEndpoint(
    dependencies,
    endpointId,
    { type: 'WEBHOOK_TESTED', actor },
    async ({ id }, em, now) => {
      delivery = newDelivery(
        {
          id: newId(now),
          endpointId: id,
          position: null,
          orderKey: null,
          eventType: TEST_TYPE,
          body: testMessage(id, now),
        },
        now,
      );
      await em.insertMany(WebhookDelivery, [delivery]);
    },
    ['input', 'endpointId'],
  );
  dependencies.wake();
  return delivery as DeliveryRow;
}

/**
 * Sends a delivery again, at once. One that was delivered holds up no later one of its user; one that was not keeps its
 * place in their order; one that is being sent right now is left alone.
 */
export async function redeliver(
  dependencies: WebhookDependencies,
  id: string,
  actor: string,
): Promise<DeliveryRow> {
  const notFound = () => {
    const message = `There is no webhook delivery ${JSON.stringify(id.slice(0, 64))}.`;
    return new DomainError('WEBHOOK_DELIVERY_NOT_FOUND', message, ['input', 'deliveryId'], { id });
  };
  const key = id.toLowerCase();
  const found = isId(key) ? await dependencies.orm.em.fork().findOne(WebhookDelivery, key) : null;
  if (!found) throw notFound();
  let delivery: WebhookDelivery | null = null;
  const action = { type: 'WEBHOOK_REDELIVERED', actor } as const;
  await changeEndpoint(dependencies, found.endpointId, action, async (_endpoint, em, now) => {
    delivery = await em.findOne(WebhookDelivery, key);
    if (!delivery) throw notFound();
    if (delivery.status === 'SENDING') return;
    const orderKey = delivery.status === 'DELIVERED' ? null : delivery.orderKey;
    Object.assign(delivery, afresh(now), { orderKey });
  });
  dependencies.wake();
  return delivery as unknown as DeliveryRow;
}

/** Sends every event after a cursor once more, in order. It never skips what was not read yet. */
export async function replayWebhook(
  dependencies: WebhookDependencies,
  endpointId: string,
  after: string,
  actor: string,
): Promise<WebhookEndpoint> {
  const place = await findPlace(dependencies.orm.em, after);
  if (!place) {
    throw inputError('INVALID_CURSOR', 'after must be a cursor of this event log.', ['input', 'after']);
  }
  const endpoint = await changeEndpoint(
    dependencies,
    endpointId,
    { type: 'WEBHOOK_REPLAYED', actor },
    (found) => {
      found.readPosition = Math.min(found.readPosition, place.position);
    },
    ['input', 'endpointId'],
  );
  dependencies.wake();
  return endpoint;
}
