import type { EntityManager } from '@mikro-orm/core';
import { prepare, runPrepared } from '../db/prepared.js';
import type { EventType } from '../events/event.js';
import { readPayload } from '../events/payload.js';
import type { TransactionEvent } from './changes.js';

interface LogRow {
  readonly type: EventType;
  readonly payload: string;
}

const LOG = prepare(
  'select type, payload from events where position > $1 and position <= $2 order by position',
);

/** Reads what the log after one position and up to another says of transactions, and how far it went; as plain rows. */
export async function readLog(
  em: EntityManager,
  after: number,
  upTo: number,
): Promise<{ readonly events: readonly TransactionEvent[]; readonly end: number }> {
  const rows = await runPrepared<LogRow>(em, LOG, [after, upTo]);
  const events = rows.flatMap(({ type, payload }) => {
    const { transaction } = readPayload(payload);
    return transaction ? [{ type, transaction }] : [];
  });
  // Positions have no gaps.
  return { events, end: after + rows.length };
}
