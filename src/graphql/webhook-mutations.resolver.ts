import { Arg, Authorized, Ctx, Mutation, Resolver } from 'type-graphql';
import type { Scope } from '../access/scopes.js';
import {
  createEndpoint,
  deleteEndpoint,
  pauseEndpoint,
  resumeEndpoint,
  rotateSecret,
  updateEndpoint,
} from '../webhooks/change-endpoint.js';
import type { DeliveryRow } from '../webhooks/delivery.js';
import type { WebhookEndpoint } from '../webhooks/endpoint.js';
import { redeliver, replayWebhook, sendTestEvent } from '../webhooks/send-again.js';
import type { Context } from './context.js';
import { answer } from './submit.js';
import {
  CreateWebhookEndpointInputType,
  RedeliverInputType,
  ReplayWebhookInputType,
  RotateWebhookSecretInputType,
  SendTestEventInputType,
  UpdateWebhookEndpointInputType,
  WebhookEndpointInputType,
} from './webhook.input.js';
import { WebhookDeliveryType, WebhookEndpointType } from './webhook.type.js';
import {
  DeleteWebhookEndpointPayload,
  WebhookDeliveryPayload,
  WebhookEndpointPayload,
  WebhookSecretPayload,
} from './webhook-payload.type.js';

const INPUT = 'What is asked.';

@Resolver()
export class WebhookMutationsResolver {
  @Authorized<Scope>('webhooks:manage')
  @Mutation(() => WebhookSecretPayload, {
    description: 'Makes an endpoint that is told of events from now on. Its secret is told once, here.',
  })
  createWebhookEndpoint(
    @Ctx() { webhooks, principal }: Context,
    @Arg('input', () => CreateWebhookEndpointInputType, { description: INPUT })
    input: CreateWebhookEndpointInputType,
  ): Promise<WebhookSecretPayload> {
    return answer(new WebhookSecretPayload(), createEndpoint(webhooks, input, principal.id), tellSecret);
  }

  @Authorized<Scope>('webhooks:manage')
  @Mutation(() => WebhookEndpointPayload, {
    description: "Changes an endpoint's URL, event types or description. What waits goes to the new URL.",
  })
  updateWebhookEndpoint(
    @Ctx() { webhooks, principal }: Context,
    @Arg('input', () => UpdateWebhookEndpointInputType, { description: INPUT })
    input: UpdateWebhookEndpointInputType,
  ): Promise<WebhookEndpointPayload> {
    return answer(new WebhookEndpointPayload(), updateEndpoint(webhooks, input, principal.id), tellEndpoint);
  }

  @Authorized<Scope>('webhooks:manage')
  @Mutation(() => WebhookEndpointPayload, {
    description: 'Sends nothing more to an endpoint until it is resumed; no event is lost meanwhile.',
  })
  pauseWebhookEndpoint(
    @Ctx() { webhooks, principal }: Context,
    @Arg('input', () => WebhookEndpointInputType, { description: INPUT }) input: WebhookEndpointInputType,
  ): Promise<WebhookEndpointPayload> {
    return answer(
      new WebhookEndpointPayload(),
      pauseEndpoint(webhooks, input.id, principal.id),
      tellEndpoint,
    );
  }

  @Authorized<Scope>('webhooks:manage')
  @Mutation(() => WebhookEndpointPayload, {
    description: 'Goes on where a paused endpoint stopped: what was given up is tried again first, in order.',
  })
  resumeWebhookEndpoint(
    @Ctx() { webhooks, principal }: Context,
    @Arg('input', () => WebhookEndpointInputType, { description: INPUT }) input: WebhookEndpointInputType,
  ): Promise<WebhookEndpointPayload> {
    return answer(
      new WebhookEndpointPayload(),
      resumeEndpoint(webhooks, input.id, principal.id),
      tellEndpoint,
    );
  }

  @Authorized<Scope>('webhooks:manage')
  @Mutation(() => DeleteWebhookEndpointPayload, {
    description: 'Deletes an endpoint and its deliveries, for good.',
  })
  deleteWebhookEndpoint(
    @Ctx() { webhooks, principal }: Context,
    @Arg('input', () => WebhookEndpointInputType, { description: INPUT }) input: WebhookEndpointInputType,
  ): Promise<DeleteWebhookEndpointPayload> {
    return answer(
      new DeleteWebhookEndpointPayload(),
      deleteEndpoint(webhooks, input.id, principal.id),
      (payload, { id }) => {
        payload.deletedId = id;
      },
    );
  }

  @Authorized<Scope>('webhooks:manage')
  @Mutation(() => WebhookSecretPayload, {
    description:
      'Gives an endpoint a new secret, told once, here. For a while messages have both signatures.',
  })
  rotateWebhookSecret(
    @Ctx() { webhooks, principal }: Context,
    @Arg('input', () => RotateWebhookSecretInputType, { description: INPUT })
    input: RotateWebhookSecretInputType,
  ): Promise<WebhookSecretPayload> {
    const rotated = rotateSecret(webhooks, input.id, input.overlapHours, principal.id);
    return answer(new WebhookSecretPayload(), rotated, tellSecret);
  }

  @Authorized<Scope>('webhooks:manage')
  @Mutation(() => WebhookDeliveryPayload, { description: 'Sends a message of type `test` to an endpoint.' })
  sendTestEvent(
    @Ctx() { webhooks, principal }: Context,
    @Arg('input', () => SendTestEventInputType, { description: INPUT }) input: SendTestEventInputType,
  ): Promise<WebhookDeliveryPayload> {
    return answer(
      new WebhookDeliveryPayload(),
      sendTestEvent(webhooks, input.endpointId, principal.id),
      tellDelivery,
    );
  }

  @Authorized<Scope>('webhooks:manage')
  @Mutation(() => WebhookDeliveryPayload, {
    description: 'Sends a delivery again, at once, under the same `webhook-id`.',
  })
  redeliver(
    @Ctx() { webhooks, principal }: Context,
    @Arg('input', () => RedeliverInputType, { description: INPUT }) input: RedeliverInputType,
  ): Promise<WebhookDeliveryPayload> {
    return answer(
      new WebhookDeliveryPayload(),
      redeliver(webhooks, input.deliveryId, principal.id),
      tellDelivery,
    );
  }

  @Authorized<Scope>('webhooks:manage')
  @Mutation(() => WebhookEndpointPayload, {
    description: 'Sends every event after a cursor to an endpoint once more, in order.',
  })
  replayWebhook(
    @Ctx() { webhooks, principal }: Context,
    @Arg('input', () => ReplayWebhookInputType, { description: INPUT }) input: ReplayWebhookInputType,
  ): Promise<WebhookEndpointPayload> {
    const replayed = replayWebhook(webhooks, input.endpointId, input.after, principal.id);
    return answer(new WebhookEndpointPayload(), replayed, tellEndpoint);
  }
}

function tellEndpoint(payload: WebhookEndpointPayload, endpoint: WebhookEndpoint): void {
  payload.webhookEndpoint = new WebhookEndpointType(endpoint);
}

function tellSecret(payload: WebhookSecretPayload, endpoint: WebhookEndpoint): void {
  payload.webhookEndpoint = new WebhookEndpointType(endpoint);
  payload.secret = endpoint.secret;
}

function tellDelivery(payload: WebhookDeliveryPayload, delivery: DeliveryRow): void {
  payload.webhookDelivery = new WebhookDeliveryType(delivery);
}
