import { Authorized, Field, ID, Int, ObjectType } from 'type-graphql';
import type { Scope } from '../access/scopes.js';
import type { EventType } from '../events/event.js';
import type { Attempt, DeliveryRow, DeliveryStatus } from '../webhooks/delivery.js';
import type { PauseReason, WebhookEndpoint, WebhookStatus } from '../webhooks/endpoint.js';
import { PageInfoType } from './connection.type.js';
import { DeliveryStatusEnum, PauseReasonEnum, WebhookEventTypeEnum, WebhookStatusEnum } from './enums.js';
import { DateTime } from './scalars.js';

@Authorized<Scope>('webhooks:manage')
@ObjectType('WebhookEndpoint', { description: 'A URL that events are sent to, signed.' })
export class WebhookEndpointType {
  constructor(readonly row: WebhookEndpoint) {}

  @Field(() => ID, { description: 'Its id.' })
  get id(): string {
    return this.row.id;
  }

  @Field(() => String, { description: 'Where messages are posted to.' })
  get url(): string {
    return this.row.url;
  }

  @Field(() => String, { nullable: true, description: 'What it is for.' })
  get description(): string | null {
    return this.row.description;
  }

  @Field(() => [WebhookEventTypeEnum], { description: 'What it is told of.' })
  get eventTypes(): readonly EventType[] {
    return this.row.eventTypes;
  }

  @Field(() => WebhookStatusEnum, { description: 'Whether it is sent to.' })
  get status(): WebhookStatus {
    return this.row.status;
  }

  @Field(() => PauseReasonEnum, { nullable: true, description: 'Why it is paused.' })
  get pausedReason(): PauseReason | null {
    return this.row.pausedReason;
  }

  @Field(() => DateTime, {
    nullable: true,
    description: 'Until when the secret before the current one signs as well.',
  })
  get previousSecretExpiresAt(): Date | null {
    return this.row.previousSecretExpiresAt;
  }

  @Field(() => DateTime, { description: 'When it was made.' })
  get createdAt(): Date {
    return this.row.createdAt;
  }

  @Field(() => DateTime, { description: 'When it was last changed.' })
  get updatedAt(): Date {
    return this.row.updatedAt;
  }
}

@Authorized<Scope>('webhooks:manage')
@ObjectType('WebhookAttempt', { description: 'One attempt to deliver a message.' })
export class WebhookAttemptType {
  @Field(() => DateTime, { description: 'When it began.' })
  readonly at: Date;

  @Field(() => Int, { nullable: true, description: 'The HTTP status; null when there was no answer.' })
  readonly statusCode: number | null;

  @Field(() => Int, { description: 'How long it took, in milliseconds.' })
  readonly durationMs: number;

  @Field(() => String, { nullable: true, description: 'Why there was no answer.' })
  readonly error: string | null;

  constructor({ at, statusCode, durationMs, error }: Attempt) {
    this.at = new Date(at);
    this.statusCode = statusCode;
    this.durationMs = durationMs;
    this.error = error;
  }
}

@Authorized<Scope>('webhooks:manage')
@ObjectType('WebhookDelivery', { description: 'One event on its way to one endpoint.' })
export class WebhookDeliveryType {
  constructor(private readonly row: DeliveryRow) {}

  @Field(() => ID, { description: 'The `webhook-id` that it is sent with, the same in every attempt.' })
  get id(): string {
    return this.row.id;
  }

  @Field(() => ID, { description: 'The endpoint.' })
  get endpointId(): string {
    return this.row.endpointId;
  }

  @Field(() => String, { description: "The message's `type`, such as `transaction.created`." })
  get eventType(): string {
    return this.row.eventType;
  }

  @Field(() => String, { description: 'The message exactly as it is sent.' })
  get body(): string {
    return this.row.body;
  }

  @Field(() => DeliveryStatusEnum, { description: 'Where it stands.' })
  get status(): DeliveryStatus {
    return this.row.status;
  }

  @Field(() => Int, { description: 'How many attempts were begun since it was last asked for.' })
  get attemptCount(): number {
    return this.row.attemptCount;
  }

  @Field(() => [WebhookAttemptType], { description: 'The newest 20 attempts that ended, oldest first.' })
  get attempts(): readonly WebhookAttemptType[] {
    return this.row.recentAttempts.map((attempt) => new WebhookAttemptType(attempt));
  }

  @Field(() => DateTime, { nullable: true, description: 'Not before when the next attempt is made.' })
  get nextAttemptAt(): Date | null {
    return this.row.status === 'PENDING' ? this.row.dueAt : null;
  }

  @Field(() => String, {
    nullable: true,
    description: 'The beginning of the last answer, at most 1 KiB.',
  })
  get lastResponse(): string | null {
    return this.row.lastResponse;
  }

  @Field(() => DateTime, { nullable: true, description: 'When it was delivered.' })
  get deliveredAt(): Date | null {
    return this.row.deliveredAt;
  }

  @Field(() => DateTime, { description: 'When it was made.' })
  get createdAt(): Date {
    return this.row.createdAt;
  }
}

@Authorized<Scope>('webhooks:manage')
@ObjectType('WebhookDeliveryEdge', { description: 'A delivery and its place in the list.' })
export class WebhookDeliveryEdgeType {
  @Field(() => String, { description: 'Its place; opaque.' })
  readonly cursor!: string;

  @Field(() => WebhookDeliveryType, { description: 'The delivery.' })
  readonly node!: WebhookDeliveryType;
}

@Authorized<Scope>('webhooks:manage')
@ObjectType('WebhookDeliveryConnection', { description: 'A page of deliveries, newest first.' })
export class WebhookDeliveryConnectionType {
  @Field(() => [WebhookDeliveryEdgeType], {
    complexity: 0,
    description: 'The deliveries with their cursors.',
  })
  readonly edges!: readonly WebhookDeliveryEdgeType[];

  @Field(() => [WebhookDeliveryType], { description: 'The deliveries.' })
  readonly nodes!: readonly WebhookDeliveryType[];

  @Field(() => PageInfoType, { complexity: 0, description: 'Where the page stands.' })
  readonly pageInfo!: PageInfoType;
}
