/**
 * node examples/follow-in-node.js [userId] [url]
 *
 * Prints every change of a wallet. Stop and start the server, or this program, while money moves: it goes on where it was.
 * The cursor is kept in a file beside the working directory's database; delete it to begin with a snapshot again.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import { follow } from './follow.js';

const [userId = 'user-001', url = 'ws://localhost:4000/graphql'] = process.argv.slice(2);
const file = `follow-${userId}.cursor`;

follow({
  createClient,
  webSocketImpl: WebSocket,
  url,
  apiKey: process.env.API_KEY ?? 'dev-api-key',
  userId,
  memory: {
    load: () => (existsSync(file) ? readFileSync(file, 'utf8') : undefined),
    save: (cursor) => writeFileSync(file, cursor),
  },
  onUpdate: ({ delivery, balance, change }, note) => {
    const { amount, currency } = balance.available;
    const by = change ? ` by ${change.amount}` : '';
    process.stdout.write(`${delivery} version ${balance.version}: ${amount} ${currency}${by} (${note})\n`);
  },
  onStatus: (status) => process.stdout.write(`${status}\n`),
});
