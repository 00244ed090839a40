import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { FromClient } from './fanout-messages.js';

/** With one, what is measured is all but the commit itself. */
const SUBSCRIBERS = [1, 100, 1_000] as const;
const EVENTS = 200;
/** Far apart, so that what is measured is one event's way and not a queue. */
const INTERVAL_MS = 100;
const USER_ID = 'user-001';

/** The built server with an SQLite file, durable commits and everything that a user gets. */
async function startServer(
  directory: string,
): Promise<{ readonly child: ChildProcess; readonly url: string }> {
  const main = fileURLToPath(new URL('../src/main.js', import.meta.url));
  const child = spawn(process.execPath, [main], {
    env: {
      PORT: '0',
      DATABASE_URL: `sqlite:${join(directory, 'bench.db')}`,
      WEBSOCKET_CONNECTIONS_PER_KEY_MAX: '100000',
      FRAUD_VELOCITY_POINTS: '0',
      FRAUD_SUSPICIOUS_VELOCITY_POINTS: '0',
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  for await (const line of createInterface({ input: child.stdout as NodeJS.ReadableStream })) {
    const logged = line.startsWith('{') ? JSON.parse(line) : {};
    if (logged.msg === 'listening') {
      child.stdout?.resume();
      return { child, url: logged.url };
    }
  }
  throw new Error('the server did not start');
}

async function topUp(url: string, key: string): Promise<void> {
  const query = `mutation ($key: String!) { createTransaction(input: { userId: "${USER_ID}", type: TOP_UP,
    amount: { amount: "1.00", currency: "MYR" }, idempotencyKey: $key }) { userErrors { code } } }`;
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-api-key': 'dev-api-key' },
    body: JSON.stringify({ query, variables: { key } }),
  });
  const { data } = (await response.json()) as { data?: { createTransaction: { userErrors: unknown[] } } };
  if (data?.createTransaction.userErrors.length !== 0) throw new Error('a top-up was refused');
}

function percentile(sorted: readonly number[], share: number): string {
  return (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] as number).toFixed(1);
}

interface Measured {
  /** Receipts, in ms after the decision. */
  readonly receipts: readonly number[];
  /** Answers to whoever moved the money, in ms after asking. */
  readonly answers: readonly number[];
}

/** From the instant of the decision, which is before the commit, to the receipt by each subscriber. */
async function measure(subscribers: number): Promise<Measured> {
  const directory = mkdtempSync(join(tmpdir(), 'dompet-bench-'));
  const { child, url } = await startServer(directory);
  const client = fork(fileURLToPath(new URL('latency-client.js', import.meta.url)), [], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  try {
    const connected = once(client, 'message');
    client.send({ url, subscribers, events: EVENTS, userId: USER_ID });
    await connected;
    const measured = once(client, 'message') as Promise<[FromClient & { readonly latencies: number[] }]>;
    const answers: number[] = [];
    for (let count = 0; count < EVENTS; count += 1) {
      const pause = new Promise((resolve) => setTimeout(resolve, INTERVAL_MS));
      const asked = performance.now();
      await topUp(url, `latency-${count}`);
      answers.push(performance.now() - asked);
      await pause;
    }
    const [{ latencies }] = await measured;
    const ascending = (a: number, b: number) => a - b;
    return { receipts: latencies.sort(ascending), answers: answers.sort(ascending) };
  } finally {
    client.kill();
    child.kill();
    await Promise.all([once(client, 'exit'), once(child, 'exit')]);
    rmSync(directory, { recursive: true, force: true });
  }
}

export async function measureLatency(print: (line: string) => void): Promise<void> {
  print('From decision to receipt, commit included (SQLite, durable), one event every 100 ms, in ms:\n');
  print('| subscribers | p50 | p95 | p99 | max | answer to the mutation, p50 | p99 |');
  print('|---|---|---|---|---|---|---|');
  for (const subscribers of SUBSCRIBERS) {
    const { receipts, answers } = await measure(subscribers);
    const at = [0.5, 0.95, 0.99, 1].map((share) => percentile(receipts, share));
    for (const share of [0.5, 0.99]) at.push(percentile(answers, share));
    print(`| ${subscribers.toLocaleString('en')} | ${at.join(' | ')} |`);
  }
}
