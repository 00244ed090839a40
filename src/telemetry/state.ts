import type { MikroORM } from '@mikro-orm/core';
import type { Clock } from '../clock.js';
import { dialectOf, query } from '../db/dialect.js';

/** Whom to ask how things stand. */
export interface Sources {
  readonly orm: MikroORM;
  readonly clock: Clock;
  readonly queue: { readonly waiting: number };
  readonly hub: { readonly head: { readonly position: number }; readonly subscribers: number };
  readonly sockets: () => number;
}

/** What is read when it is asked for, and what it means. */
export const gauges = {
  dompet_commit_queue_waiting: 'Commands that wait for a batch on this server.',
  dompet_subscribers: 'Streams that are attached to this server and wait for events.',
  dompet_sockets: 'WebSockets that are open on this server.',
  dompet_tail_position: 'Position of the newest event that this server has handed out.',
  dompet_database_up:
    'Whether the database answered in time for this scrape; without, what it knows is left out.',
  dompet_event_position: 'Position of the newest event in the log.',
  dompet_tail_lag_events: 'Events in the log that this server has not handed out yet.',
  dompet_held_transactions: 'Transactions that wait for a review; counted up to 10000.',
  dompet_held_oldest_age_seconds:
    'Age of the transaction that has waited longest for a review; 0 without any.',
  dompet_webhook_endpoints_active: 'Webhook endpoints that are sent to.',
  dompet_webhook_endpoints_paused: 'Webhook endpoints that are paused.',
  dompet_webhook_pending_deliveries: 'Deliveries to active endpoints that are made and not delivered yet.',
  dompet_webhook_oldest_age_seconds: 'Age of the oldest of those deliveries; 0 without any.',
  dompet_webhook_unread_events:
    'Events in the log that the active endpoint furthest behind has not read yet.',
} as const;

export type Readings = Partial<Record<keyof typeof gauges, number>>;

const HELD_COUNTED_MAX = 10_000;
const EPOCH = new Date(0);

/** What this server knows without asking anyone. */
export function readServer({ queue, hub, sockets }: Sources): Readings {
  return {
    dompet_commit_queue_waiting: queue.waiting,
    dompet_subscribers: hub.subscribers,
    dompet_sockets: sockets(),
    dompet_tail_position: hub.head.position,
  };
}

interface Row {
  readonly position: number | string;
  readonly held: number | string;
  readonly held_since: number | string | null;
  readonly active: number | string;
  readonly paused: number | string;
  readonly read_position: number | string | null;
  readonly pending: number | string | null;
  readonly pending_since: number | string | null;
}

/**
 * What the database knows, by one statement that reads little however much there is: held transactions through their own
 * index and no more than are counted, deliveries through that of what is due, of which each endpoint has a bounded number.
 */
export async function readDatabase({ orm, clock, hub }: Sources): Promise<Readings> {
  const em = orm.em.fork();
  const { millis } = dialectOf(em);
  const ofActive = (sum: string, told: string) =>
    `select ${sum}((select ${told} from webhook_deliveries d where d.endpoint_id = e.id and d.due_at >= ?))
     from webhook_endpoints e where e.status = 'ACTIVE'`;
  const rows = await query<Row>(
    em,
    `select
       (select position from event_log_head) as position,
       (select count(*) from (select 1 from transactions where status = 'PENDING' limit ${HELD_COUNTED_MAX}) as h) as held,
       (select ${millis('min(created_at)')} from transactions where status = 'PENDING') as held_since,
       (select count(*) from webhook_endpoints where status = 'ACTIVE') as active,
       (select count(*) from webhook_endpoints where status = 'PAUSED') as paused,
       (select min(read_position) from webhook_endpoints where status = 'ACTIVE') as read_position,
       (${ofActive('sum', 'count(*)')}) as pending,
       (${ofActive('min', millis('min(d.created_at)'))}) as pending_since`,
    [EPOCH, EPOCH],
  );
  const row = rows[0] as Row;
  const now = clock.now().getTime();
  const ageOf = (since: number | string | null) =>
    since === null ? 0 : Math.max(now - Number(since), 0) / 1_000;
  const position = Number(row.position);
  return {
    dompet_event_position: position,
    dompet_tail_lag_events: Math.max(position - hub.head.position, 0),
    dompet_held_transactions: Number(row.held),
    dompet_held_oldest_age_seconds: ageOf(row.held_since),
    dompet_webhook_endpoints_active: Number(row.active),
    dompet_webhook_endpoints_paused: Number(row.paused),
    dompet_webhook_pending_deliveries: Number(row.pending),
    dompet_webhook_oldest_age_seconds: ageOf(row.pending_since),
    dompet_webhook_unread_events: row.read_position === null ? 0 : position - Number(row.read_position),
  };
}
