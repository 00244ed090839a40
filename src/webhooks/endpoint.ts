import { defineEntity, p } from '@mikro-orm/core';
import { WordSetType } from '../db/column-types.js';
import { DomainError } from '../errors.js';
import type { EventType } from '../events/event.js';

export const webhookStatuses = ['ACTIVE', 'PAUSED'] as const;
export type WebhookStatus = (typeof webhookStatuses)[number];

/** Why an endpoint is paused: it was asked to be, its retries ran out, or it answered that it is gone. */
export const pauseReasons = ['REQUESTED', 'EXHAUSTED', 'GONE'] as const;
export type PauseReason = (typeof pauseReasons)[number];

const WebhookEndpointSchema = defineEntity({
  name: 'WebhookEndpoint',
  tableName: 'webhook_endpoints',
  properties: {
    id: p.uuid().primary(),
    url: p.string().length(2048),
    description: p.string().length(500).strictNullable(),
    eventTypes: p.type(WordSetType).$type<readonly EventType[]>(),
    status: p.string().length(16).$type<WebhookStatus>(),
    pausedReason: p.string().length(16).$type<PauseReason>().strictNullable(),
    /** As its owner has it, for it must sign. Told once, never logged. */
    secret: p.string().length(64),
    /** What the secret was before it was rotated; signs beside it until it expires. */
    previousSecret: p.string().length(64).strictNullable(),
    previousSecretExpiresAt: p.datetime(3).strictNullable(),
    /** The position in the event log up to which there are deliveries. */
    readPosition: p.bigint('number'),
    createdAt: p.datetime(3),
    updatedAt: p.datetime(3),
  },
});

/** Where events are sent. Its row's lock covers all that is decided about its deliveries. */
export class WebhookEndpoint extends WebhookEndpointSchema.class {}
WebhookEndpointSchema.setClass(WebhookEndpoint);

export function endpointNotFound(id: string, path: readonly string[]): DomainError {
  const message = `There is no webhook endpoint ${JSON.stringify(id.slice(0, 64))}.`;
  return new DomainError('WEBHOOK_ENDPOINT_NOT_FOUND', message, path, { id });
}
