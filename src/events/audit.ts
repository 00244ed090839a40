import type { EntityManager } from '@mikro-orm/core';
import { appendEvents } from './append.js';
import type { EventRow, EventType } from './event.js';
import { type Payload, writePayload } from './payload.js';

/** How actions that move no money come into the log: who did what, about no user. */
export interface AuditLog {
  readonly announce: (em: EntityManager, events: readonly EventRow[]) => Promise<void>;
  /** Told once the transaction is committed. */
  readonly onAppended: (events: readonly EventRow[]) => void;
}

/**
 * Appends an action to the log inside the caller's transaction, after what it changed. The log's head is locked from here
 * to the commit, so it comes last.
 */
export async function appendAction(
  em: EntityManager,
  { announce }: AuditLog,
  type: EventType,
  occurredAt: Date,
  payload: Payload,
): Promise<readonly EventRow[]> {
  await em.flush();
  const draft = { userId: null, version: 0, type, transactionId: null, occurredAt };
  const events = await appendEvents(em, [{ ...draft, payload: writePayload(payload) }]);
  await em.flush();
  await announce(em, events);
  return events;
}
