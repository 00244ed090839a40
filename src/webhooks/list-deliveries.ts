import type { EntityManager, FilterQuery } from '@mikro-orm/core';
import { isId } from '../ids.js';
import { type DeliveryRow, type DeliveryStatus, WebhookDelivery } from './delivery.js';
import { WebhookEndpoint } from './endpoint.js';

export interface DeliveryPage {
  readonly rows: readonly DeliveryRow[];
  /** Whether there are older ones. */
  readonly more: boolean;
}

export function listEndpoints(em: EntityManager): Promise<WebhookEndpoint[]> {
  return em.fork().find(WebhookEndpoint, {}, { orderBy: { id: 'asc' } });
}

export async function findEndpoint(em: EntityManager, id: string): Promise<WebhookEndpoint | null> {
  return isId(id.toLowerCase()) ? em.fork().findOne(WebhookEndpoint, id.toLowerCase()) : null;
}

export async function findDelivery(em: EntityManager, id: string): Promise<DeliveryRow | null> {
  return isId(id.toLowerCase()) ? em.fork().findOne(WebhookDelivery, id.toLowerCase()) : null;
}

/** An endpoint's deliveries, newest first, from the one after the given id on. */
export async function listDeliveries(
  em: EntityManager,
  endpointId: string,
  status: readonly DeliveryStatus[],
  after: string | undefined,
  count: number,
): Promise<DeliveryPage> {
  const where: FilterQuery<WebhookDelivery> = {
    endpointId,
    ...(status.length > 0 && { status: { $in: [...status] } }),
    ...(after && { id: { $lt: after } }),
  };
  const rows = await em.fork().find(WebhookDelivery, where, { orderBy: { id: 'desc' }, limit: count + 1 });
  return { rows: rows.slice(0, count), more: rows.length > count };
}
