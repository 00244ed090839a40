import { type EntityManager, LockMode, type MikroORM } from '@mikro-orm/core';
import type { Clock } from '../clock.js';
import { inTransaction } from '../db/transaction.js';
import { inputError } from '../errors.js';
import { EventLogHead, type EventType, HEAD_ID } from '../events/event.js';
import { isId, newId } from '../ids.js';
import { checkUrl, type Resolve } from './address.js';
import { checkDescription, checkEventTypes, checkOverlap } from './check-input.js';
import { afresh, WebhookDelivery } from './delivery.js';
import { endpointNotFound, WebhookEndpoint } from './endpoint.js';
import type { WebhookSettings } from './settings.js';
import { newSecret } from './signature.js';

/** What is needed to change endpoints and deliveries. */
export interface WebhookDependencies {
  readonly orm: MikroORM;
  readonly clock: Clock;
  readonly settings: WebhookSettings;
  readonly resolve: Resolve;
  /** Tells the worker that there may be something to send. */
  readonly wake: () => void;
}

export interface CreateEndpointInput {
  readonly url: string;
  readonly eventTypes: readonly EventType[];
  readonly description?: string | null | undefined;
}

export interface UpdateEndpointInput {
  readonly id: string;
  readonly url?: string | null | undefined;
  readonly eventTypes?: readonly EventType[] | null | undefined;
  readonly description?: string | null | undefined;
}

/** A new endpoint gets the events that are committed from now on. */
export async function createEndpoint(
  { orm, clock, settings, resolve }: WebhookDependencies,
  input: CreateEndpointInput,
): Promise<WebhookEndpoint> {
  const description = checkDescription(input.description);
  const eventTypes = checkEventTypes(input.eventTypes);
  const url = await checkUrl(input.url, settings.allowPrivate, resolve, ['input', 'url']);
  const em = orm.em.fork();
  return inTransaction(em, async () => {
    // Its lock also makes creations wait for each other, so that no two of them count the same.
    const head = await em.findOneOrFail(EventLogHead, HEAD_ID, { lockMode: LockMode.PESSIMISTIC_WRITE });
    if ((await em.count(WebhookEndpoint)) >= settings.endpointsMax) {
      const message = `There are ${settings.endpointsMax} webhook endpoints already; delete one first.`;
      throw inputError('WEBHOOK_LIMIT_REACHED', message, ['input']);
    }
    const now = clock.now();
    const endpoint = Object.assign(new WebhookEndpoint(), {
      id: newId(now),
      url,
      description,
      eventTypes,
      status: 'ACTIVE' as const,
      pausedReason: null,
      secret: newSecret(),
      previousSecret: null,
      previousSecretExpiresAt: null,
      readPosition: head.position,
      createdAt: now,
      updatedAt: now,
    });
    em.persist(endpoint);
    await em.flush();
    return endpoint;
  });
}

/** Changes what is given. Deliveries that are there already keep their body and go to the new URL. */
export async function updateEndpoint(
  dependencies: WebhookDependencies,
  input: UpdateEndpointInput,
): Promise<WebhookEndpoint> {
  const { settings, resolve } = dependencies;
  const changes: Partial<WebhookEndpoint> = {
    ...(input.description !== undefined && { description: checkDescription(input.description) }),
    ...(input.eventTypes != null && { eventTypes: checkEventTypes(input.eventTypes) }),
    ...(input.url != null && {
      url: await checkUrl(input.url, settings.allowPrivate, resolve, ['input', 'url']),
    }),
  };
  return changeEndpoint(dependencies, input.id, (endpoint) => {
    Object.assign(endpoint, changes);
  });
}

/** Nothing is read or sent for it until it is resumed; sends that are under way are not called back. */
export function pauseEndpoint(dependencies: WebhookDependencies, id: string): Promise<WebhookEndpoint> {
  return changeEndpoint(dependencies, id, (endpoint) => {
    if (endpoint.status === 'PAUSED') return;
    Object.assign(endpoint, { status: 'PAUSED', pausedReason: 'REQUESTED' });
  });
}

/** Goes on where it stopped: what was given up or waits for a retry is due at once and counts from the beginning. */
export async function resumeEndpoint(
  dependencies: WebhookDependencies,
  id: string,
): Promise<WebhookEndpoint> {
  const resumed = await changeEndpoint(dependencies, id, async (endpoint, em, now) => {
    Object.assign(endpoint, { status: 'ACTIVE', pausedReason: null });
    await em.nativeUpdate(
      WebhookDelivery,
      { endpointId: endpoint.id, status: { $in: ['PENDING', 'FAILED'] } },
      afresh(now),
    );
  });
  dependencies.wake();
  return resumed;
}

/** Its deliveries go with it. */
export function deleteEndpoint(dependencies: WebhookDependencies, id: string): Promise<WebhookEndpoint> {
  return changeEndpoint(dependencies, id, (endpoint, em) => {
    em.remove(endpoint);
  });
}

/** A new secret; the old one goes on signing beside it for as long as receivers need to change over. */
export async function rotateSecret(
  dependencies: WebhookDependencies,
  id: string,
  overlapHours: number,
): Promise<WebhookEndpoint> {
  const overlapMs = checkOverlap(overlapHours);
  return changeEndpoint(dependencies, id, (endpoint, _em, now) => {
    const { secret } = endpoint;
    Object.assign(endpoint, {
      secret: newSecret(),
      previousSecret: overlapMs > 0 ? secret : null,
      previousSecretExpiresAt: overlapMs > 0 ? new Date(now.getTime() + overlapMs) : null,
    });
  });
}

type Change = (endpoint: WebhookEndpoint, em: EntityManager, now: Date) => void | Promise<void>;

/** Changes one endpoint, or what hangs on it, under its row's lock. */
export async function changeEndpoint(
  { orm, clock }: WebhookDependencies,
  id: string,
  change: Change,
  path: readonly string[] = ['input', 'id'],
): Promise<WebhookEndpoint> {
  const key = id.toLowerCase();
  if (!isId(key)) throw endpointNotFound(id, path);
  const em = orm.em.fork();
  return inTransaction(em, async () => {
    const endpoint = await em.findOne(WebhookEndpoint, key, { lockMode: LockMode.PESSIMISTIC_WRITE });
    if (!endpoint) throw endpointNotFound(id, path);
    const now = clock.now();
    endpoint.updatedAt = now;
    await change(endpoint, em, now);
    await em.flush();
    return endpoint;
  });
}
