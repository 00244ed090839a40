import { type EntityManager, LockMode, type MikroORM } from '@mikro-orm/core';
import type { Clock } from '../clock.js';
import { inTransaction } from '../db/transaction.js';
import { inputError } from '../errors.js';
import { type AuditLog, appendAction } from '../events/audit.js';
import { EventLogHead, type EventRow, type EventType, HEAD_ID } from '../events/event.js';
import { isId, newId } from '../ids.js';
import { checkOverlap } from '../overlap.js';
import { checkUrl, type Resolve } from './address.js';
import { checkDescription, checkEventTypes } from './check-input.js';
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
  readonly auditLog: AuditLog;
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
  dependencies: WebhookDependencies,
  input: CreateEndpointInput,
  actor: string,
): Promise<WebhookEndpoint> {
  const { orm, clock, settings, resolve, auditLog } = dependencies;
  const description = checkDescription(input.description);
  const eventTypes = checkEventTypes(input.eventTypes);
  const url = await checkUrl(input.url, settings.allowPrivate, resolve, ['input', 'url']);
  const em = orm.em.fork();
  let events: readonly EventRow[] = [];
  const created = await inTransaction(em, async () => {
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
    const about = { webhookEndpoint: { id: endpoint.id }, actor };
    events = await appendAction(em, auditLog, 'WEBHOOK_ENDPOINT_CREATED', now, about);
    return endpoint;
  });
  auditLog.onAppended(events);
  return created;
}

/** Changes what is given. Deliveries that are there already keep their body and go to the new URL. */
export async function updateEndpoint(
  dependencies: WebhookDependencies,
  input: UpdateEndpointInput,
  actor: string,
): Promise<WebhookEndpoint> {
  const { settings, resolve } = dependencies;
  const changes: Partial<WebhookEndpoint> = {
    ...(input.description !== undefined && { description: checkDescription(input.description) }),
    ...(input.eventTypes != null && { eventTypes: checkEventTypes(input.eventTypes) }),
    ...(input.url != null && {
      url: await checkUrl(input.url, settings.allowPrivate, resolve, ['input', 'url']),
    }),
  };
  const action = { type: 'WEBHOOK_ENDPOINT_UPDATED', actor } as const;
  return changeEndpoint(dependencies, input.id, action, (endpoint) => {
    Object.assign(endpoint, changes);
  });
}

/** Nothing is read or sent for it until it is resumed; sends that are under way are not called back. */
export function pauseEndpoint(
  dependencies: WebhookDependencies,
  id: string,
  actor: string,
): Promise<WebhookEndpoint> {
  return changeEndpoint(dependencies, id, { type: 'WEBHOOK_ENDPOINT_PAUSED', actor }, (endpoint) => {
    if (endpoint.status === 'PAUSED') return;
    Object.assign(endpoint, { status: 'PAUSED', pausedReason: 'REQUESTED' });
  });
}

/** Goes on where it stopped: what was given up or waits for a retry is due at once and counts from the beginning. */
export async function resumeEndpoint(
  dependencies: WebhookDependencies,
  id: string,
  actor: string,
): Promise<WebhookEndpoint> {
  const action = { type: 'WEBHOOK_ENDPOINT_RESUMED', actor } as const;
  const resumed = await changeEndpoint(dependencies, id, action, async (endpoint, em, now) => {
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
export function deleteEndpoint(
  dependencies: WebhookDependencies,
  id: string,
  actor: string,
): Promise<WebhookEndpoint> {
  return changeEndpoint(dependencies, id, { type: 'WEBHOOK_ENDPOINT_DELETED', actor }, (endpoint, em) => {
    em.remove(endpoint);
  });
}

/** A new secret; the old one goes on signing beside it for as long as receivers need to change over. */
export async function rotateSecret(
  dependencies: WebhookDependencies,
  id: string,
  overlapHours: number,
  actor: string,
): Promise<WebhookEndpoint> {
  const overlapMs = checkOverlap(overlapHours);
  const action = { type: 'WEBHOOK_SECRET_ROTATED', actor } as const;
  return changeEndpoint(dependencies, id, action, (endpoint, _em, now) => {
    const { secret } = endpoint;
    Object.assign(endpoint, {
      secret: newSecret(),
      previousSecret: overlapMs > 0 ? secret : null,
      previousSecretExpiresAt: overlapMs > 0 ? new Date(now.getTime() + overlapMs) : null,
    });
  });
}

type Change = (endpoint: WebhookEndpoint, em: EntityManager, now: Date) => void | Promise<void>;

/** What is done to an endpoint, as the log will say, and by whom. */
interface Action {
  readonly type: EventType;
  readonly actor: string;
}

/** Changes one endpoint, or what hangs on it, under its row's lock, and appends to the log who did so. */
export async function changeEndpoint(
  { orm, clock, auditLog }: WebhookDependencies,
  id: string,
  { type, actor }: Action,
  change: Change,
  path: readonly string[] = ['input', 'id'],
): Promise<WebhookEndpoint> {
  const key = id.toLowerCase();
  if (!isId(key)) throw endpointNotFound(id, path);
  const em = orm.em.fork();
  let events: readonly EventRow[] = [];
  const changed = await inTransaction(em, async () => {
    const endpoint = await em.findOne(WebhookEndpoint, key, { lockMode: LockMode.PESSIMISTIC_WRITE });
    if (!endpoint) throw endpointNotFound(id, path);
    const now = clock.now();
    endpoint.updatedAt = now;
    await change(endpoint, em, now);
    const pausedReason = type === 'WEBHOOK_ENDPOINT_PAUSED' && endpoint.pausedReason;
    const about = { id: key, ...(pausedReason && { pausedReason }) };
    events = await appendAction(em, auditLog, type, now, { webhookEndpoint: about, actor });
    return endpoint;
  });
  auditLog.onAppended(events);
  return changed;
}
