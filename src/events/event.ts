import { defineEntity, p } from '@mikro-orm/core';

export const eventTypes = [
  'USER_CREATED',
  'USER_STATUS_CHANGED',
  'TRANSACTION_CREATED',
  'TRANSACTION_REVIEWED',
  'TRANSACTION_REVERSED',
  'WEBHOOK_ENDPOINT_CREATED',
  'WEBHOOK_ENDPOINT_UPDATED',
  'WEBHOOK_ENDPOINT_PAUSED',
  'WEBHOOK_ENDPOINT_RESUMED',
  'WEBHOOK_ENDPOINT_DELETED',
  'WEBHOOK_SECRET_ROTATED',
  'WEBHOOK_TESTED',
  'WEBHOOK_REDELIVERED',
  'WEBHOOK_REPLAYED',
  'API_KEY_CREATED',
  'API_KEY_ROTATED',
  'API_KEY_REVOKED',
] as const;
export type EventType = (typeof eventTypes)[number];

const EventSchema = defineEntity({
  name: 'Event',
  tableName: 'events',
  indexes: [
    { name: 'events_user_occurred_index', properties: ['userId', 'occurredAt', 'position'] },
    { name: 'events_user_position_index', properties: ['userId', 'position'] },
    {
      name: 'events_action_index',
      properties: ['position'],
      where: `type <> 'TRANSACTION_CREATED'`,
    },
  ],
  properties: {
    /** Gapless and in commit order, from 1. */
    position: p.bigint('number').primary().autoincrement(false),
    /** Whom it is about; `null` for what is about no user. */
    userId: p.string().length(36).strictNullable(),
    /** The user's version after this event; 0 without a user. */
    version: p.integer(),
    type: p.string().length(32).$type<EventType>(),
    transactionId: p.uuid().strictNullable(),
    occurredAt: p.datetime(3),
    /** JSON, as the text that was hashed. */
    payload: p.text(),
    /** SHA-256 over the previous event's hash and this event, in hexadecimal. */
    hash: p.string().length(64),
  },
});

/** One committed change, appended in the database transaction that made it. Never updated. */
export class Event extends EventSchema.class {}
EventSchema.setClass(Event);

export type EventRow = { -readonly [K in keyof Event as K extends symbol ? never : K]: Event[K] };

const EventLogHeadSchema = defineEntity({
  name: 'EventLogHead',
  tableName: 'event_log_head',
  properties: {
    /** There is one row, 1. */
    id: p.integer().primary().autoincrement(false),
    /** Position and hash of the newest event; 0 and zeros before the first. */
    position: p.bigint('number'),
    hash: p.string().length(64),
    /** The currency that all stored base amounts are in; set by the first start. */
    baseCurrency: p.string().length(3).strictNullable(),
  },
});

/** Where the log stands: locked at the end of each batch, so that positions follow commits. */
export class EventLogHead extends EventLogHeadSchema.class {}
EventLogHeadSchema.setClass(EventLogHead);

export const HEAD_ID = 1;
export const GENESIS_HASH = '0'.repeat(64);
