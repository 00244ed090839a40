import { type EntityManager, LockMode } from '@mikro-orm/core';
import { Event, EventLogHead, type EventRow, HEAD_ID } from './event.js';
import { hashEvent, type Unhashed } from './hash-chain.js';

/** An event before it has its place in the log. */
export type Draft = Omit<Unhashed, 'position'>;

/**
 * Appends to the log inside the caller's database transaction and returns the events with their positions. The head's
 * row is locked from here to the commit: that is what keeps positions gapless and in commit order, so it comes last.
 */
export async function appendEvents(
  em: EntityManager,
  drafts: readonly Draft[],
): Promise<readonly EventRow[]> {
  if (drafts.length === 0) return [];
  const head = await em.findOneOrFail(EventLogHead, HEAD_ID, { lockMode: LockMode.PESSIMISTIC_WRITE });
  const events: EventRow[] = [];
  for (const draft of drafts) {
    const event = { ...draft, position: head.position + 1 };
    const hash = hashEvent(head.hash, event);
    events.push({ ...event, hash });
    head.position = event.position;
    head.hash = hash;
  }
  await em.insertMany(Event, events);
  return events;
}
