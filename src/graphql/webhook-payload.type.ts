import { Authorized, Field, ID, ObjectType } from 'type-graphql';
import type { Scope } from '../access/scopes.js';
import { Payload } from './payload.type.js';
import { WebhookDeliveryType, WebhookEndpointType } from './webhook.type.js';

const SECRET = 'What messages are signed with, `whsec_…`. Keep it safe: it is told here and never again.';

@Authorized<Scope>('webhooks:manage')
@ObjectType('WebhookEndpointPayload', { description: 'What became of a change of a webhook endpoint.' })
export class WebhookEndpointPayload extends Payload {
  @Field(() => WebhookEndpointType, { nullable: true, description: 'The endpoint as it is now.' })
  webhookEndpoint: WebhookEndpointType | null = null;
}

@Authorized<Scope>('webhooks:manage')
@ObjectType('WebhookSecretPayload', {
  description: 'What became of a mutation that makes a secret: the only answer that tells it.',
})
export class WebhookSecretPayload extends Payload {
  @Field(() => WebhookEndpointType, { nullable: true, description: 'The endpoint.' })
  webhookEndpoint: WebhookEndpointType | null = null;

  @Field(() => String, { nullable: true, description: SECRET })
  secret: string | null = null;
}

@Authorized<Scope>('webhooks:manage')
@ObjectType('DeleteWebhookEndpointPayload', { description: 'What became of `deleteWebhookEndpoint`.' })
export class DeleteWebhookEndpointPayload extends Payload {
  @Field(() => ID, { nullable: true, description: 'The id that no endpoint has any more.' })
  deletedId: string | null = null;
}

@Authorized<Scope>('webhooks:manage')
@ObjectType('WebhookDeliveryPayload', { description: 'What became of a request to send.' })
export class WebhookDeliveryPayload extends Payload {
  @Field(() => WebhookDeliveryType, { nullable: true, description: 'The delivery, about to be sent.' })
  webhookDelivery: WebhookDeliveryType | null = null;
}
