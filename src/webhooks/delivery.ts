import { defineEntity, p } from '@mikro-orm/core';
import { JsonTextType } from '../db/column-types.js';
import { WebhookEndpoint } from './endpoint.js';

/** `SENDING` is claimed by a server until `dueAt`; `FAILED` is given up, until its endpoint is resumed. */
export const deliveryStatuses = ['PENDING', 'SENDING', 'DELIVERED', 'FAILED'] as const;
export type DeliveryStatus = (typeof deliveryStatuses)[number];

/** One attempt: what came back and how long it took. */
export interface Attempt {
  readonly at: string;
  /** `null` when there was no answer; `error` says why. */
  readonly statusCode: number | null;
  readonly durationMs: number;
  readonly error: string | null;
}

const ATTEMPTS_KEPT = 20;

const WebhookDeliverySchema = defineEntity({
  name: 'WebhookDelivery',
  tableName: 'webhook_deliveries',
  uniques: [{ name: 'webhook_deliveries_position_unique', properties: ['endpointId', 'position'] }],
  indexes: [
    { name: 'webhook_deliveries_due_index', properties: ['endpointId', 'dueAt'] },
    { name: 'webhook_deliveries_endpoint_index', properties: ['endpointId', 'id'] },
    { name: 'webhook_deliveries_delivered_index', properties: ['deliveredAt'] },
  ],
  properties: {
    /** The `webhook-id` that receivers tell repetitions by: the same with every attempt. */
    id: p.uuid().primary(),
    endpointId: () =>
      p.manyToOne(WebhookEndpoint).mapToPk().fieldName('endpoint_id').index(false).deleteRule('cascade'),
    /** The event's position in the log; `null` for a test event. */
    position: p.bigint('number').strictNullable(),
    /** The user among whose deliveries this one keeps its place; `null` for one that waits for no other. */
    orderKey: p.string().length(36).strictNullable(),
    eventType: p.string().length(64),
    /** The text that is signed and sent. */
    body: p.text(),
    status: p.string().length(16).$type<DeliveryStatus>(),
    /** How many attempts were begun since it was made or asked for again. */
    attemptCount: p.integer(),
    /** When it may be claimed: the next attempt of a pending one, the end of a sending one's lease; else `null`. */
    dueAt: p.datetime(3).strictNullable(),
    firstAttemptAt: p.datetime(3).strictNullable(),
    deliveredAt: p.datetime(3).strictNullable(),
    /** The newest attempts, oldest first. */
    recentAttempts: p.type(new JsonTextType<readonly Attempt[]>()).$type<readonly Attempt[]>(),
    /** The beginning of what the last attempt was answered with. */
    lastResponse: p.text().strictNullable(),
    createdAt: p.datetime(3),
    updatedAt: p.datetime(3),
  },
});

/** One event on its way to one endpoint. */
export class WebhookDelivery extends WebhookDeliverySchema.class {}
WebhookDeliverySchema.setClass(WebhookDelivery);

export type DeliveryRow = {
  -readonly [K in keyof WebhookDelivery as K extends symbol ? never : K]: WebhookDelivery[K];
};

type Essentials = Pick<DeliveryRow, 'id' | 'endpointId' | 'position' | 'orderKey' | 'eventType' | 'body'>;

/** A delivery that is due at once. */
export function newDelivery(essentials: Essentials, now: Date): DeliveryRow {
  return {
    ...essentials,
    ...afresh(now),
    recentAttempts: [],
    lastResponse: null,
    createdAt: now,
  };
}

/** The values of a delivery that is to be sent as if it never had been; its history stays. */
export function afresh(now: Date) {
  return {
    status: 'PENDING' as const,
    attemptCount: 0,
    dueAt: now,
    firstAttemptAt: null,
    deliveredAt: null,
    updatedAt: now,
  };
}

export function withAttempt(attempts: readonly Attempt[], attempt: Attempt): readonly Attempt[] {
  return [...attempts, attempt].slice(-ATTEMPTS_KEPT);
}
