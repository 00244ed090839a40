import type { EntityManager } from '@mikro-orm/core';
import { query } from '../db/dialect.js';
import { WebhookDelivery } from './delivery.js';
import type { WebhookEndpoint } from './endpoint.js';
import type { WebhookSettings } from './settings.js';

/** How much longer than an attempt a claim holds: time to record what became of it. */
const LEASE_MARGIN_MS = 20_000;
/** Before any due date: from here on means due at all. */
export const EPOCH = new Date(0);

/** A delivery that this server is to send now, with all that it takes. */
export interface Claimed {
  readonly id: string;
  /** Of the event in the log; `null` for a test event. */
  readonly position: number | null;
  readonly url: string;
  readonly secrets: readonly string[];
  readonly body: string;
  readonly claimedAt: Date;
  /** Until when no other server sends it; also tells this claim from a later one. */
  readonly leaseUntil: Date;
}

/**
 * Claims what is due: of each user's undelivered ones only the oldest has its turn, so that order holds while others
 * flow. A claim whose lease has ended is due again, for whoever made it is gone.
 */
export async function claim(
  em: EntityManager,
  endpoint: WebhookEndpoint,
  slots: number,
  now: Date,
  settings: WebhookSettings,
): Promise<readonly Claimed[]> {
  if (slots <= 0) return [];
  const rows = await query<{ id: string }>(
    em,
    `select id from (
       select id, due_at, order_key, position, row_number() over (
         partition by coalesce(order_key, cast(id as text)) order by position) as turn
       from webhook_deliveries where endpoint_id = ? and due_at >= ?) waiting
     where turn = 1 and due_at <= ? and (order_key is null or position <= ?)
     order by due_at, id limit ?`,
    [endpoint.id, EPOCH, now, endpoint.readPosition, slots],
  );
  if (rows.length === 0) return [];
  const ids = rows.map(({ id }) => id);
  const deliveries = await em.find(WebhookDelivery, { id: { $in: ids } }, { orderBy: { id: 'asc' } });
  const leaseUntil = new Date(now.getTime() + settings.timeoutMs + LEASE_MARGIN_MS);
  const { url, secret, previousSecret, previousSecretExpiresAt } = endpoint;
  const overlaps = previousSecretExpiresAt !== null && previousSecretExpiresAt > now;
  const secrets = overlaps && previousSecret ? [secret, previousSecret] : [secret];
  return deliveries.map((delivery) => {
    Object.assign(delivery, {
      status: 'SENDING',
      attemptCount: delivery.attemptCount + 1,
      dueAt: leaseUntil,
      firstAttemptAt: delivery.firstAttemptAt ?? now,
      updatedAt: now,
    });
    const { id, position } = delivery;
    return { id, position, url, secrets, body: delivery.body, claimedAt: now, leaseUntil };
  });
}
