import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WebSocketServer } from 'ws';
import { Access } from '../src/access/access.js';
import { systemClock } from '../src/clock.js';
import { loadConfig } from '../src/config.js';
import { connect, migrate } from '../src/database.js';
import type { EventRow } from '../src/events/event.js';
import { Hub } from '../src/events/hub.js';
import { LiveStates } from '../src/events/live-states.js';
import { writePayload } from '../src/events/payload.js';
import { createDoor } from '../src/graphql/authentication.js';
import { createSchema } from '../src/graphql/schema.js';
import { createWebSocket } from '../src/graphql/websocket.js';
import { createCounter } from '../src/limits/counter.js';
import { RateLimits } from '../src/limits/rate-limits.js';
import { createLogger } from '../src/log.js';
import { commitBatch } from '../src/operations/commit-batch.js';
import { CommitQueue } from '../src/operations/commit-queue.js';
import { createTransaction } from '../src/operations/create-transaction.js';
import { createUser } from '../src/operations/create-user.js';
import { type FromServer, type Kind, type ToServer, USER_ID } from './fanout-messages.js';

/**
 * The delivery path alone: events are handed to the hub without being committed, so that what is measured is fan-out and
 * nothing else. The bare server beside it sends the same bytes to the same number of sockets in a plain loop.
 */
const kind = process.argv[2] as Kind;
const tell = (message: FromServer) => process.send?.(message);

const directory = mkdtempSync(join(tmpdir(), 'dompet-bench-'));
const config = loadConfig({
  DATABASE_URL: `sqlite:${join(directory, 'bench.db')}`,
  WEBSOCKET_CONNECTIONS_PER_KEY_MAX: '100000',
  SUBSCRIBER_QUEUE_MAX: '1000',
  RATE_LIMIT_DISABLED: 'true',
});
const orm = await connect(config);
await migrate(orm);
const hub = new Hub(config.streams);
const { settings } = config;
let last: EventRow | undefined;
const queue = new CommitQueue(
  (commands) =>
    commitBatch(commands, {
      orm,
      clock: systemClock,
      settings,
      onCommitted: (events) => {
        last = events.at(-1) ?? last;
      },
      onFault: (error) => process.stderr.write(`${String(error)}\n`),
      announce: async () => undefined,
    }),
  config.commit,
);
const user = { id: USER_ID, email: 'bench@example.com', fullName: 'Bench', currency: 'MYR', timeZone: 'UTC' };
await queue.submit(createUser(user, USER_ID, settings));
const topUp = await queue.submit(
  createTransaction(
    {
      userId: USER_ID,
      type: 'TOP_UP',
      amount: { amount: '1.00', currency: 'MYR' },
      idempotencyKey: randomUUID(),
    },
    settings,
  ),
);
if (!last) throw new Error('nothing was committed');
hub.start(last);

const balance = { currency: 'MYR', posted: 100n, held: 0n, version: 1 };
const change = { posted: 100n, held: 0n };
// Written by whoever commits an event, so not a part of delivering it.
const payload = writePayload({ balance, change, transaction: topUp.transaction });

/** Another event just like the one that was committed, next in the log. */
function nextEvent(): EventRow {
  const { position, hash } = hub.head;
  return { ...(last as EventRow), position: position + 1, occurredAt: new Date(), payload, hash };
}

const server = createServer();
// What a subscriber is sent, for the bare broadcast to send just as many bytes.
const sample = JSON.stringify({
  id: '1',
  type: 'next',
  payload: {
    data: {
      balanceUpdated: {
        cursor: 'cDE6MTIzNDU2OjEyMzQ1Njc4OTAxMg',
        delivery: 'LIVE',
        occurredAt: new Date().toISOString(),
        balance: {
          version: 123456,
          posted: { amount: '1234.00', currency: 'MYR' },
          held: { amount: '0.00' },
          available: { amount: '1234.00' },
        },
        change: { amount: '1.00' },
        transaction: {
          id: topUp.transaction.id,
          type: 'TOP_UP',
          status: 'COMPLETED',
          amount: { amount: '1.00', currency: 'MYR' },
          merchantName: null,
        },
      },
    },
  },
});

// Subscriptions need nothing of webhooks and keys.
const unused = { webhooks: undefined as never, apiKeys: undefined as never };
const log = createLogger('warn');
const access = new Access({
  orm,
  clock: systemClock,
  settings: { apiKeys: config.apiKeys, checkIntervalMs: config.accessCheckIntervalMs },
  onFault: (error) => log.error(error),
});
const rateLimits = new RateLimits(await createCounter(orm, (error) => log.error(error)), config.limits);

let publish: () => void;
if (kind === 'dompet') {
  createWebSocket({
    server,
    schema: createSchema(),
    dependencies: {
      orm,
      queue,
      hub,
      clock: systemClock,
      settings,
      states: new LiveStates(hub),
      analytics: config.analytics,
      ...unused,
    },
    access,
    enter: createDoor(access, rateLimits),
    limits: { ...config.webSocket, checkIntervalMs: config.accessCheckIntervalMs },
    rateLimits,
    production: false,
    trustProxy: false,
    corsOrigins: [],
    trustedDocuments: undefined,
    log,
  });
  publish = () => hub.publish([nextEvent()]);
} else {
  const sockets = new WebSocketServer({ server });
  publish = () => {
    for (const client of sockets.clients) client.send(sample);
  };
}
server.listen(0, '127.0.0.1', 4096, () => {
  tell({ say: 'listening', port: (server.address() as AddressInfo).port, bytes: Buffer.byteLength(sample) });
});

process.on('message', async (message: ToServer) => {
  if (message.say === 'publish') for (let count = 0; count < message.count; count += 1) publish();
  else if (message.say === 'memory') {
    globalThis.gc?.();
    const { user: userUs, system } = process.cpuUsage();
    tell({ say: 'memory', rss: process.memoryUsage().rss, cpuMs: (userUs + system) / 1000 });
  } else {
    await orm.close();
    rmSync(directory, { recursive: true, force: true });
    process.exit(0);
  }
});
