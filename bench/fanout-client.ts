import { WebSocket } from 'ws';
import { type FromClient, QUERY, type ToClient, USER_ID } from './fanout-messages.js';

/** Opens sockets, subscribes on each, and counts what comes; parsing would measure the client instead of the server. */
const tell = (message: FromClient) => process.send?.(message);

let sockets: WebSocket[] = [];
let received = 0;
let told = 0;

function count(): void {
  received += 1;
  const events = Math.floor(received / sockets.length);
  if (events > told) {
    told = events;
    tell({ say: 'received', events });
  }
}

function open(port: number, kind: string): Promise<WebSocket> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/graphql`, 'graphql-transport-ws');
    socket.once('error', reject);
    socket.once('open', () => {
      if (kind === 'bare') {
        socket.on('message', count);
        resolve(socket);
      } else
        socket.send(JSON.stringify({ type: 'connection_init', payload: { 'X-API-Key': 'dev-api-key' } }));
    });
    if (kind === 'bare') return;
    socket.once('message', () => {
      const payload = { query: QUERY, variables: { userId: USER_ID } };
      socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload }));
      // The snapshot says that the stream is attached.
      socket.once('message', () => {
        socket.on('message', count);
        resolve(socket);
      });
    });
  });
}

process.on('message', async (message: ToClient) => {
  if (message.say === 'stop') {
    for (const socket of sockets) socket.terminate();
    process.exit(0);
  }
  if (message.say === 'pause') {
    for (const socket of sockets) socket.pause();
    return;
  }
  sockets = [];
  const { port, subscribers, kind } = message;
  const PARALLEL = 50;
  while (sockets.length < subscribers) {
    const missing = Math.min(PARALLEL, subscribers - sockets.length);
    sockets.push(...(await Promise.all(Array.from({ length: missing }, () => open(port, kind)))));
  }
  tell({ say: 'connected' });
});
