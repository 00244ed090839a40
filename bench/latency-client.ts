import { WebSocket } from 'ws';

interface Order {
  readonly url: string;
  readonly subscribers: number;
  readonly events: number;
  readonly userId: string;
}

const OCCURRED_AT = /"occurredAt":"([^"]+)"/;
const latencies: number[] = [];

/** Subscribes and settles when the snapshot has come; then notes how long after its decision each event is received. */
function open({ url, userId }: Order, onEvent: () => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`${url.replace(/^http/, 'ws')}/graphql`, 'graphql-transport-ws');
    const query = `subscription { balanceUpdated(userId: "${userId}") { cursor delivery occurredAt balance { version } } }`;
    socket.once('error', reject);
    socket.once('open', () =>
      socket.send(JSON.stringify({ type: 'connection_init', payload: { 'X-API-Key': 'dev-api-key' } })),
    );
    socket.once('message', () => {
      socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload: { query } }));
      socket.once('message', () => {
        resolve();
        socket.on('message', (message) => {
          const now = Date.now();
          const occurredAt = OCCURRED_AT.exec(String(message))?.[1];
          if (!String(message).includes('"LIVE"') || !occurredAt) return;
          latencies.push(now - Date.parse(occurredAt));
          onEvent();
        });
      });
    });
  });
}

process.on('message', async (order: Order) => {
  const done = () => {
    if (latencies.length === order.events * order.subscribers) process.send?.({ say: 'measured', latencies });
  };
  for (let opened = 0; opened < order.subscribers; opened += 50) {
    await Promise.all(
      Array.from({ length: Math.min(50, order.subscribers - opened) }, () => open(order, done)),
    );
  }
  process.send?.({ say: 'connected' });
});
