import type { EntityManager } from '@mikro-orm/core';
import { dialectOf } from '../db/dialect.js';
import { prepare, runPrepared } from '../db/prepared.js';
import { type Write, writeRows } from '../db/write-rows.js';
import { Event, EventLogHead, type EventRow, HEAD_ID } from './event.js';
import { hashEvent, type Unhashed } from './hash-chain.js';

/** An event before it has its place in the log. */
export type Draft = Omit<Unhashed, 'position'>;

/**
 * Appends to the log inside the caller's database transaction, writes what stands beside it, and returns the events with
 * their positions. The head's row is locked from here to the commit: that is what keeps positions gapless and in commit
 * order, so it comes last.
 */
export async function appendEvents(
  em: EntityManager,
  drafts: readonly Draft[],
  beside: readonly Write[] = [],
): Promise<readonly EventRow[]> {
  if (drafts.length === 0) return [];
  const { forUpdate } = dialectOf(em);
  const lock = `select position, hash from event_log_head where id = ${HEAD_ID} ${forUpdate}`;
  const [head] = await runPrepared<{ position: string | number; hash: string }>(em, prepare(lock), []);
  if (!head) throw new Error('the event log has no head');
  let position = Number(head.position);
  let { hash } = head;
  const events = drafts.map((draft): EventRow => {
    position += 1;
    const event = { ...draft, position };
    hash = hashEvent(hash, event);
    return { ...event, hash };
  });
  await writeRows(em, [
    ...beside,
    { entity: Event, mode: 'insert', rows: events },
    {
      entity: EventLogHead,
      mode: 'update',
      set: ['position', 'hash'],
      rows: [{ id: HEAD_ID, position, hash }],
    },
  ]);
  return events;
}
