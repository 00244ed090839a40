import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { FromClient, FromServer, Kind, ToClient, ToServer } from './fanout-messages.js';
import { measureLatency } from './latency.js';

/** Deliveries measured in each round, whatever the number of subscribers. */
const DELIVERIES = 200_000;
/** Events under way at the same time. */
const WINDOW = 8;
const ROUNDS = 3;
const SUBSCRIBERS = [1, 100, 1_000, 10_000] as const;
const STALLED_AMONG = 10_000;
const STALLED_EVENTS = 100;

interface Measured {
  readonly perSecond: number;
  readonly cpuUsPerDelivery: number;
  readonly bytesPerSubscriber: number;
}

function start(file: string, argument: string): ChildProcess {
  const path = fileURLToPath(new URL(file, import.meta.url));
  return fork(path, [argument], {
    execArgv: ['--expose-gc'],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
}

/** Waits for the next message of a kind. */
async function hear<M extends { say: string }, S extends M['say']>(
  child: ChildProcess,
  say: S,
): Promise<Extract<M, { say: S }>> {
  for (;;) {
    const [message] = (await once(child, 'message')) as [M];
    if (message.say === say) return message as Extract<M, { say: S }>;
  }
}

async function memory(server: ChildProcess) {
  const heard = hear<FromServer, 'memory'>(server, 'memory');
  server.send({ say: 'memory' } satisfies ToServer);
  return heard;
}

/** One server, one client process with so many subscribers, and as many events as make the round's deliveries. */
async function measure(kind: Kind, subscribers: number): Promise<Measured> {
  const server = start('fanout-server.js', kind);
  const client = start('fanout-client.js', kind);
  try {
    const { port } = await hear<FromServer, 'listening'>(server, 'listening');
    const before = await memory(server);
    const connected = hear<FromClient, 'connected'>(client, 'connected');
    client.send({ say: 'connect', port, subscribers, kind } satisfies ToClient);
    await connected;
    const ready = await memory(server);
    const events = Math.max(20, Math.min(20_000, Math.round(DELIVERIES / subscribers)));
    const seconds = await flood(server, client, events);
    const after = await memory(server);
    return {
      perSecond: (events * subscribers) / seconds,
      cpuUsPerDelivery: ((after.cpuMs - ready.cpuMs) * 1000) / (events * subscribers),
      bytesPerSubscriber: (ready.rss - before.rss) / subscribers,
    };
  } finally {
    client.send({ say: 'stop' } satisfies ToClient);
    server.send({ say: 'stop' } satisfies ToServer);
    await Promise.all([once(client, 'exit'), once(server, 'exit')]);
  }
}

/**
 * Publishes events, never more than the window ahead of what every subscriber has received, who had received `before`;
 * returns the seconds.
 */
function flood(server: ChildProcess, client: ChildProcess, events: number, before = 0): Promise<number> {
  const begun = performance.now();
  let published = 0;
  const publish = (received: number) => {
    const count = Math.min(events, received + WINDOW) - published;
    if (count <= 0) return;
    published += count;
    server.send({ say: 'publish', count } satisfies ToServer);
  };
  return new Promise((resolve) => {
    const listen = (message: FromClient) => {
      if (message.say !== 'received') return;
      const received = message.events - before;
      if (received < events) return publish(received);
      client.off('message', listen);
      resolve((performance.now() - begun) / 1000);
    };
    client.on('message', listen);
    publish(0);
  });
}

/** Memory of a server with very many subscribers, one of which never reads, before and after many events. */
async function measureStalled(): Promise<string> {
  const server = start('fanout-server.js', 'dompet');
  const clients = ['reading', 'stalled'].map(() => start('fanout-client.js', 'dompet'));
  const [reading, stalled] = clients as [ChildProcess, ChildProcess];
  try {
    const { port } = await hear<FromServer, 'listening'>(server, 'listening');
    for (const [client, subscribers] of [
      [reading, STALLED_AMONG],
      [stalled, 1],
    ] as const) {
      const connected = hear<FromClient, 'connected'>(client, 'connected');
      client.send({ say: 'connect', port, subscribers, kind: 'dompet' } satisfies ToClient);
      await connected;
    }
    stalled.send({ say: 'pause' } satisfies ToClient);
    const figures: string[] = [];
    for (const before of [undefined, 0, STALLED_EVENTS]) {
      if (before !== undefined) await flood(server, reading, STALLED_EVENTS, before);
      figures.push(`${Math.round((await memory(server)).rss / 2 ** 20)} MiB`);
    }
    return figures.join(', ');
  } finally {
    for (const client of clients) client.send({ say: 'stop' } satisfies ToClient);
    server.send({ say: 'stop' } satisfies ToServer);
    await Promise.all([...clients, server].map((child) => once(child, 'exit')));
  }
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] as number;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

print(
  'Fan-out: the delivery path beside a bare ws broadcast of the same bytes, in alternating rounds; medians of 3.\n',
);
print(
  '| subscribers | delivered/s | bare ws/s | bare ÷ ours | server CPU µs each | bare | KiB per subscriber | bare |',
);
print('|---|---|---|---|---|---|---|---|');
for (const subscribers of SUBSCRIBERS) {
  const measured: Record<Kind, Measured[]> = { dompet: [], bare: [] };
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const kind of ['dompet', 'bare'] as const) measured[kind].push(await measure(kind, subscribers));
  }
  const of = (kind: Kind, key: keyof Measured) => median(measured[kind].map((one) => one[key]));
  const whole = (value: number) => Math.round(value).toLocaleString('en');
  print(
    `| ${whole(subscribers)} | ${whole(of('dompet', 'perSecond'))} | ${whole(of('bare', 'perSecond'))} | ${(of('bare', 'perSecond') / of('dompet', 'perSecond')).toFixed(2)} | ${of('dompet', 'cpuUsPerDelivery').toFixed(1)} | ${of('bare', 'cpuUsPerDelivery').toFixed(1)} | ${(of('dompet', 'bytesPerSubscriber') / 1024).toFixed(1)} | ${(of('bare', 'bytesPerSubscriber') / 1024).toFixed(1)} |`,
  );
}
print(
  `\nMemory with 10,000 subscribers and one that never reads, before, after 100 and after 200 events: ${await measureStalled()}.\n`,
);
await measureLatency(print);
