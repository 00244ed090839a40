import { type EntityManager, LockMode, type MikroORM } from '@mikro-orm/core';
import type { Clock } from '../clock.js';
import { query } from '../db/dialect.js';
import { inTransaction } from '../db/transaction.js';
import { type AuditLog, appendAction } from '../events/audit.js';
import { Event, type EventRow } from '../events/event.js';
import { newId } from '../ids.js';
import { retryDelayMs } from './backoff.js';
import { type Claimed, claim, EPOCH } from './claim.js';
import { afresh, newDelivery, WebhookDelivery, withAttempt } from './delivery.js';
import { type PauseReason, WebhookEndpoint } from './endpoint.js';
import { messageOf, messageTypes } from './message.js';
import type { Answer } from './send.js';
import type { WebhookSettings } from './settings.js';

const READ_MAX = 200;
/** How many undelivered ones an endpoint has at most: beyond it, the log itself is the queue. */
const BACKLOG_MAX = 1_000;
const GONE = 410;

export interface TurnDependencies extends AuditLog {
  readonly orm: MikroORM;
  readonly clock: Clock;
  readonly settings: WebhookSettings;
  /** From 0 to 1; what spreads retries. */
  readonly random: () => number;
}

/** What became of a claim. */
export interface Outcome {
  readonly claimed: Claimed;
  readonly answer: Answer;
}

export interface Turn {
  readonly claimed: readonly Claimed[];
  /** Whether there is more to read at once. */
  readonly more: boolean;
}

const nothing: Turn = { claimed: [], more: false };

/** The endpoints that are active, and whether each has something to read or to send. */
export async function findActiveEndpoints(
  orm: MikroORM,
  now: Date,
): Promise<ReadonlyArray<{ readonly id: string; readonly busy: boolean }>> {
  const rows = await query<{ id: string; busy: number | boolean }>(
    orm.em.fork(),
    `select e.id, (e.read_position < (select position from event_log_head)
       or exists (select 1 from webhook_deliveries d where d.endpoint_id = e.id and d.due_at <= ?)) as busy
     from webhook_endpoints e where e.status = 'ACTIVE'`,
    [now],
  );
  return rows.map(({ id, busy }) => ({ id, busy: Boolean(busy) }));
}

/**
 * One endpoint's turn, in one transaction under its row's lock: records what became of earlier claims, makes deliveries
 * of new events, and claims up to `slots` that are due. Servers that find the row locked pass by, unless they have
 * something to record. Sending is done after it, outside of any transaction.
 */
export async function takeTurn(
  dependencies: TurnDependencies,
  endpointId: string,
  outcomes: readonly Outcome[],
  slots: number,
): Promise<Turn> {
  const { orm, clock, settings } = dependencies;
  const lockMode = outcomes.length > 0 ? LockMode.PESSIMISTIC_WRITE : LockMode.PESSIMISTIC_PARTIAL_WRITE;
  let appended: readonly EventRow[] = [];
  const em = orm.em.fork();
  const turn = await inTransaction(em, async () => {
    const now = clock.now();
    const endpoint = await em.findOne(WebhookEndpoint, endpointId, { lockMode });
    if (!endpoint) return nothing;
    const paused = await record(em, endpoint, outcomes, now, dependencies);
    if (paused) {
      const about = { webhookEndpoint: { id: endpoint.id, pausedReason: paused } };
      appended = await appendAction(em, dependencies, 'WEBHOOK_ENDPOINT_PAUSED', now, about);
    }
    const active = endpoint.status === 'ACTIVE';
    const more = active && (await readLog(em, endpoint, now));
    await em.flush();
    const claimed = active ? await claim(em, endpoint, slots, now, settings) : [];
    await em.flush();
    return { claimed, more };
  });
  if (appended.length > 0) dependencies.onAppended(appended);
  return turn;
}

/** Records what became of claims that still hold; returns why the endpoint is paused, if it is now. */
async function record(
  em: EntityManager,
  endpoint: WebhookEndpoint,
  outcomes: readonly Outcome[],
  now: Date,
  { settings, random }: TurnDependencies,
): Promise<PauseReason | undefined> {
  if (outcomes.length === 0) return undefined;
  let paused: PauseReason | undefined;
  const ids = outcomes.map(({ claimed }) => claimed.id);
  const deliveries = await em.find(WebhookDelivery, { id: { $in: ids } });
  const byId = new Map(deliveries.map((delivery) => [delivery.id, delivery]));
  for (const { claimed, answer } of outcomes) {
    const delivery = byId.get(claimed.id);
    const holds =
      delivery?.status === 'SENDING' && delivery.dueAt?.getTime() === claimed.leaseUntil.getTime();
    if (!delivery || !holds) continue;
    const { statusCode, durationMs, error } = answer;
    const attempt = { at: claimed.claimedAt.toISOString(), statusCode, durationMs, error };
    delivery.recentAttempts = withAttempt(delivery.recentAttempts, attempt);
    delivery.lastResponse = answer.response;
    delivery.updatedAt = now;
    if (statusCode !== null && statusCode >= 200 && statusCode < 300) {
      Object.assign(delivery, { status: 'DELIVERED', dueAt: null, deliveredAt: now });
      continue;
    }
    const since = now.getTime() - (delivery.firstAttemptAt ?? now).getTime();
    const reason = statusCode === GONE ? 'GONE' : since >= settings.retryHorizonMs ? 'EXHAUSTED' : undefined;
    if (reason) {
      Object.assign(delivery, { status: 'FAILED', dueAt: null });
      paused ??= reason;
    } else {
      const dueAt = new Date(now.getTime() + retryDelayMs(delivery.attemptCount, random()));
      Object.assign(delivery, { status: 'PENDING', dueAt });
    }
  }
  if (!paused || endpoint.status === 'PAUSED') return undefined;
  Object.assign(endpoint, { status: 'PAUSED', pausedReason: paused, updatedAt: now });
  return paused;
}

/** Makes deliveries of the next events, one for each that the endpoint wants. Events that are read again start over. */
async function readLog(em: EntityManager, endpoint: WebhookEndpoint, now: Date): Promise<boolean> {
  const endpointId = endpoint.id;
  const backlog = await em.count(WebhookDelivery, { endpointId, dueAt: { $gte: EPOCH } });
  const limit = Math.min(READ_MAX, BACKLOG_MAX - backlog);
  if (limit <= 0) return false;
  const events = await em.find(
    Event,
    { position: { $gt: endpoint.readPosition } },
    { orderBy: { position: 'asc' }, limit, disableIdentityMap: true },
  );
  const last = events.at(-1);
  if (!last) return false;
  const wanted = events.filter(({ type }) => endpoint.eventTypes.includes(type));
  const known = await em.find(WebhookDelivery, {
    endpointId,
    position: { $gt: endpoint.readPosition, $lte: last.position },
  });
  const byPosition = new Map(known.map((delivery) => [delivery.position, delivery]));
  const fresh = wanted.filter(({ position }) => !byPosition.has(position));
  for (const event of wanted) {
    const delivery = byPosition.get(event.position);
    // One that is being sent right now is on its way already.
    if (delivery && delivery.status !== 'SENDING')
      Object.assign(delivery, afresh(now), { orderKey: event.userId });
  }
  if (fresh.length > 0) {
    const rows = fresh.map((event) =>
      newDelivery(
        {
          id: newId(now),
          endpointId,
          position: event.position,
          orderKey: event.userId,
          eventType: messageTypes[event.type],
          body: messageOf(event),
        },
        now,
      ),
    );
    await em.insertMany(WebhookDelivery, rows);
  }
  endpoint.readPosition = last.position;
  return events.length === limit;
}
