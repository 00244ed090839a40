import { Arg, Ctx, Mutation, Resolver } from 'type-graphql';
import { DomainError } from '../errors.js';
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
import { toUserError, type UserErrorType } from './user-error.type.js';
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
  @Mutation(() => WebhookSecretPayload, {
    description: 'Makes an endpoint that is told of events from now on. Its secret is told once, here.',
  })
  createWebhookEndpoint(
    @Ctx() { webhooks }: Context,
    @Arg('input', () => CreateWebhookEndpointInputType, { description: INPUT })
    input: CreateWebhookEndpointInputType,
  ): Promise<WebhookSecretPayload> {
    return answer(new WebhookSecretPayload(), createEndpoint(webhooks, input), tellSecret);
  }

  @Mutation(() => WebhookEndpointPayload, {
    description: "Changes an endpoint's URL, event types or description. What waits goes to the new URL.",
  })
  updateWebhookEndpoint(
    @Ctx() { webhooks }: Context,
    @Arg('input', () => UpdateWebhookEndpointInputType, { description: INPUT })
    input: UpdateWebhookEndpointInputType,
  ): Promise<WebhookEndpointPayload> {
    return answer(new WebhookEndpointPayload(), updateEndpoint(webhooks, input), tellEndpoint);
  }

  @Mutation(() => WebhookEndpointPayload, {
    description: 'Sends nothing more to an endpoint until it is resumed; no event is lost meanwhile.',
  })
  pauseWebhookEndpoint(
    @Ctx() { webhooks }: Context,
    @Arg('input', () => WebhookEndpointInputType, { description: INPUT }) input: WebhookEndpointInputType,
  ): Promise<WebhookEndpointPayload> {
    return answer(new WebhookEndpointPayload(), pauseEndpoint(webhooks, input.id), tellEndpoint);
  }

  @Mutation(() => WebhookEndpointPayload, {
    description: 'Goes on where a paused endpoint stopped: what was given up is tried again first, in order.',
  })
  resumeWebhookEndpoint(
    @Ctx() { webhooks }: Context,
    @Arg('input', () => WebhookEndpointInputType, { description: INPUT }) input: WebhookEndpointInputType,
  ): Promise<WebhookEndpointPayload> {
    return answer(new WebhookEndpointPayload(), resumeEndpoint(webhooks, input.id), tellEndpoint);
  }

  @Mutation(() => DeleteWebhookEndpointPayload, {
    description: 'Deletes an endpoint and its deliveries, for good.',
  })
  deleteWebhookEndpoint(
    @Ctx() { webhooks }: Context,
    @Arg('input', () => WebhookEndpointInputType, { description: INPUT }) input: WebhookEndpointInputType,
  ): Promise<DeleteWebhookEndpointPayload> {
    return answer(
      new DeleteWebhookEndpointPayload(),
      deleteEndpoint(webhooks, input.id),
      (payload, { id }) => {
        payload.deletedId = id;
      },
    );
  }

  @Mutation(() => WebhookSecretPayload, {
    description:
      'Gives an endpoint a new secret, told once, here. For a while messages have both signatures.',
  })
  rotateWebhookSecret(
    @Ctx() { webhooks }: Context,
    @Arg('input', () => RotateWebhookSecretInputType, { description: INPUT })
    input: RotateWebhookSecretInputType,
  ): Promise<WebhookSecretPayload> {
    const rotated = rotateSecret(webhooks, input.id, input.overlapHours);
    return answer(new WebhookSecretPayload(), rotated, tellSecret);
  }

  @Mutation(() => WebhookDeliveryPayload, { description: 'Sends a message of type `test` to an endpoint.' })
  sendTestEvent(
    @Ctx() { webhooks }: Context,
    @Arg('input', () => SendTestEventInputType, { description: INPUT }) input: SendTestEventInputType,
  ): Promise<WebhookDeliveryPayload> {
    return answer(new WebhookDeliveryPayload(), sendTestEvent(webhooks, input.endpointId), tellDelivery);
  }

  @Mutation(() => WebhookDeliveryPayload, {
    description: 'Sends a delivery again, at once, under the same `webhook-id`.',
  })
  redeliver(
    @Ctx() { webhooks }: Context,
    @Arg('input', () => RedeliverInputType, { description: INPUT }) input: RedeliverInputType,
  ): Promise<WebhookDeliveryPayload> {
    return answer(new WebhookDeliveryPayload(), redeliver(webhooks, input.deliveryId), tellDelivery);
  }

  @Mutation(() => WebhookEndpointPayload, {
    description: 'Sends every event after a cursor to an endpoint once more, in order.',
  })
  replayWebhook(
    @Ctx() { webhooks }: Context,
    @Arg('input', () => ReplayWebhookInputType, { description: INPUT }) input: ReplayWebhookInputType,
  ): Promise<WebhookEndpointPayload> {
    const replayed = replayWebhook(webhooks, input.endpointId, input.after);
    return answer(new WebhookEndpointPayload(), replayed, tellEndpoint);
  }
}

/** Tells what became of it in a payload; a refusal becomes a `userErrors` entry. */
async function answer<Result, P extends { userErrors: readonly UserErrorType[] }>(
  payload: P,
  asked: Promise<Result>,
  tell: (payload: P, result: Result) => void,
): Promise<P> {
  try {
    tell(payload, await asked);
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    payload.userErrors = [toUserError(error)];
  }
  return payload;
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
