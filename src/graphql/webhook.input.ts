import { ArgsType, Field, ID, InputType, Int } from 'type-graphql';
import type { EventType } from '../events/event.js';
import type { DeliveryStatus } from '../webhooks/delivery.js';
import { DeliveryStatusEnum, WebhookEventTypeEnum } from './enums.js';
import { EventCursor } from './scalars.js';

const URL =
  'An https URL of at most 2048 characters, without credentials, whose host has public addresses only.';
const DESCRIPTION = 'What it is for, at most 500 characters.';
const EVENT_TYPES = 'What it is to be told of; at least one.';

@InputType('CreateWebhookEndpointInput', { description: 'A new webhook endpoint.' })
export class CreateWebhookEndpointInputType {
  @Field(() => String, { description: URL })
  url!: string;

  @Field(() => [WebhookEventTypeEnum], { description: EVENT_TYPES })
  eventTypes!: EventType[];

  @Field(() => String, { nullable: true, description: DESCRIPTION })
  description?: string | null;
}

@InputType('UpdateWebhookEndpointInput', { description: 'What changes; the rest stays as it is.' })
export class UpdateWebhookEndpointInputType {
  @Field(() => ID, { description: 'The endpoint.' })
  id!: string;

  @Field(() => String, { nullable: true, description: URL })
  url?: string | null;

  @Field(() => [WebhookEventTypeEnum], { nullable: true, description: EVENT_TYPES })
  eventTypes?: EventType[] | null;

  @Field(() => String, { nullable: true, description: `${DESCRIPTION} \`null\` removes it.` })
  description?: string | null;
}

@InputType('WebhookEndpointInput', { description: 'Which webhook endpoint.' })
export class WebhookEndpointInputType {
  @Field(() => ID, { description: 'The endpoint.' })
  id!: string;
}

@InputType('RotateWebhookSecretInput', { description: 'A new secret for a webhook endpoint.' })
export class RotateWebhookSecretInputType {
  @Field(() => ID, { description: 'The endpoint.' })
  id!: string;

  @Field(() => Int, {
    defaultValue: 24,
    description: 'For how many hours the old secret signs as well, 0 to 168.',
  })
  overlapHours!: number;
}

@InputType('SendTestEventInput', { description: 'A message of type `test`.' })
export class SendTestEventInputType {
  @Field(() => ID, { description: 'The endpoint that it goes to; a paused one gets it once resumed.' })
  endpointId!: string;
}

@InputType('RedeliverInput', { description: 'A delivery that is to be sent again.' })
export class RedeliverInputType {
  @Field(() => ID, { description: 'The delivery.' })
  deliveryId!: string;
}

@InputType('ReplayWebhookInput', { description: 'Events that are to be sent again.' })
export class ReplayWebhookInputType {
  @Field(() => ID, { description: 'The endpoint that they go to.' })
  endpointId!: string;

  @Field(() => EventCursor, {
    description: 'Where to begin: after the event with this cursor, as messages and subscriptions tell it.',
  })
  after!: string;
}

@ArgsType()
export class WebhookDeliveryPageArgs {
  @Field(() => ID, { description: 'Whose deliveries.' })
  endpointId!: string;

  @Field(() => [DeliveryStatusEnum], {
    nullable: true,
    description: 'Only those that stand at one of these; all, when omitted or empty.',
  })
  status?: DeliveryStatus[];

  @Field(() => Int, { nullable: true, description: 'The first so many, 1 to 100; 50 when omitted.' })
  first?: number;

  @Field(() => String, { nullable: true, description: 'After this cursor.' })
  after?: string;
}
