import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { type App, buildApp } from '../../src/app.js';
import { loadConfig } from '../../src/config.js';
import { createLogger } from '../../src/log.js';
import type { AnyCommand } from '../../src/operations/commit-batch.js';
import { ObservedQueue } from '../../src/operations/observed-queue.js';
import { createMetrics } from '../../src/telemetry/metrics.js';
import { createScrape } from '../../src/telemetry/scrape.js';
import { gauges } from '../../src/telemetry/state.js';
import { callsOf } from '../support/api.js';
import { FakeClock, NOON, startApp, type TestApp } from '../support/app.js';
import { type DatabaseKind, databases } from '../support/databases.js';
import { until } from '../support/processes.js';
import { type Scrape, scrape } from '../support/prometheus.js';
import { subscribe } from '../support/subscriber.js';
import { Receiver } from '../support/webhook-receiver.js';
import { WebhookApi } from '../support/webhooks.js';

const SETTINGS = {
  METRICS_PORT: '0',
  FRAUD_HIGH_VALUE_THRESHOLD: '50',
  FRAUD_HIGH_VALUE_POINTS: '60',
  WEBHOOK_ALLOW_PRIVATE: 'true',
  WEBHOOK_POLL_INTERVAL: '20',
};
const [sqlite] = databases as [DatabaseKind];

/** The series of one metric, as they are written, with their values. */
function seriesOf({ values }: Scrape, metric: string): Record<string, number> {
  return Object.fromEntries([...values].filter(([series]) => series.replace(/\{.*/, '') === metric));
}

describe.each(databases)('the metrics on $name', (kind) => {
  let test: TestApp;
  const look = () => scrape(test.app.metricsUrl);
  const read = async (series: string) => (await look()).values.get(series);
  beforeAll(async () => {
    test = await startApp(kind, SETTINGS, new FakeClock(NOON), { random: () => 1 });
  });
  afterAll(() => test.close());

  it('count requests, commands and refusals exactly', async () => {
    const { newUser, purchase, mutate } = callsOf(test);
    const userId = await newUser({ funds: '40.00' });
    const bought = await purchase(userId, '10 MYR', { idempotencyKey: 'metrics-1' });
    expect(bought.transaction.status).toBe('COMPLETED');
    await purchase(userId, '20 MYR');
    expect((await purchase(userId, '10 MYR', { idempotencyKey: 'metrics-1' })).replayed).toBe(true);
    expect((await purchase(userId, '49 SGD')).userErrors[0].code).toBe('INSUFFICIENT_BALANCE');
    expect((await purchase(userId, '1.234 MYR')).userErrors[0].code).toBe('INVALID_AMOUNT');
    const input = { transactionId: bought.transaction.id, reason: 'a mistake', idempotencyKey: 'metrics-1' };
    expect((await mutate('reverseTransaction', input)).userErrors[0].code).toBe('IDEMPOTENCY_KEY_REUSED');
    expect((await test.graphql('{ exchangeRates { nothing } }')).errors.length).toBe(1);
    await test.graphql('{ exchangeRates { base { code } } }', {}, 'a-wrong-key');
    await test.graphql('{ __typename }');
    const seen = await look();
    expect(seriesOf(seen, 'dompet_commands_total')).toEqual({
      'dompet_commands_total{operation="createUser",outcome="done"}': 1,
      'dompet_commands_total{operation="createTransaction",outcome="done"}': 3,
      'dompet_commands_total{operation="createTransaction",outcome="replayed"}': 1,
      'dompet_commands_total{operation="createTransaction",outcome="refused"}': 1,
      'dompet_commands_total{operation="reverseTransaction",outcome="refused"}': 1,
    });
    expect(seriesOf(seen, 'dompet_refusals_total')).toEqual({
      'dompet_refusals_total{code="INSUFFICIENT_BALANCE"}': 1,
      'dompet_refusals_total{code="INVALID_AMOUNT"}': 1,
      'dompet_refusals_total{code="IDEMPOTENCY_KEY_REUSED"}': 1,
    });
    const requests = 'dompet_graphql_requests_total{transport="http",operation=';
    expect(seriesOf(seen, 'dompet_graphql_requests_total')).toEqual({
      [`${requests}"mutation",outcome="OK"}`]: 8,
      [`${requests}"none",outcome="GRAPHQL_VALIDATION_FAILED"}`]: 1,
      [`${requests}"none",outcome="UNAUTHENTICATED"}`]: 1,
      [`${requests}"query",outcome="OK"}`]: 1,
    });
    const of = (series: string) => seen.values.get(series);
    expect(of('dompet_graphql_request_seconds_count{transport="http",operation="mutation"}')).toBe(8);
    expect(of('dompet_command_seconds_count{operation="createTransaction"}')).toBe(5);
    expect([of('dompet_batch_size_count'), of('dompet_batch_size_sum')]).toEqual([7, 7]);
    const phases = ['lock', 'load', 'decide', 'write', 'commit'];
    expect(phases.map((phase) => of(`dompet_batch_phase_seconds_count{phase="${phase}"}`))).toEqual(
      phases.map(() => 7),
    );
    expect([of('dompet_batch_retries_total'), of('dompet_batch_failures_total')]).toEqual([0, 0]);
    expect([of('dompet_event_position'), of('dompet_tail_position'), of('dompet_tail_lag_events')]).toEqual([
      5, 5, 0,
    ]);
    expect([of('dompet_event_handover_seconds_count'), of('dompet_event_handover_seconds_sum')]).toEqual([
      5, 0,
    ]);
    expect([of('dompet_database_up'), of('dompet_commit_queue_waiting')]).toEqual([1, 0]);
  });

  it('tell how many transactions are held and since when', async () => {
    const { newUser, purchase, review } = callsOf(test);
    const userId = await newUser({ funds: '40.00' });
    await callsOf(test).topUp(userId, '45 MYR');
    await callsOf(test).topUp(userId, '45 MYR');
    const { transaction } = await purchase(userId, '60 MYR');
    expect(transaction.status).toBe('PENDING');
    test.clock.advance(90_000);
    expect((await purchase(userId, '51 MYR')).transaction.status).toBe('PENDING');
    test.clock.advance(30_000);
    expect(seriesOf(await look(), 'dompet_held_transactions')).toEqual({ dompet_held_transactions: 2 });
    expect(await read('dompet_held_oldest_age_seconds')).toBe(120);
    await review(transaction.id, 'APPROVE');
    expect([await read('dompet_held_transactions'), await read('dompet_held_oldest_age_seconds')]).toEqual([
      1, 30,
    ]);
  });

  it('tell how many streams and sockets are open, and what subscribers were refused', async () => {
    const streams = async () => [await read('dompet_subscribers'), await read('dompet_sockets')];
    const errors = 'dompet_subscription_errors_total{code="USER_NOT_FOUND"}';
    expect([await streams(), await read(errors)]).toEqual([[0, 0], undefined]);
    const userId = await callsOf(test).newUser();
    const subscribers = [0, 1].map(() => subscribe(test.app.url, 'balanceUpdated', { userId }));
    for (const { untilTold } of subscribers) await untilTold(1);
    expect(await streams()).toEqual([2, 2]);
    for (const { stop } of subscribers) await stop();
    await until(async () => (await read('dompet_sockets')) === 0, 'the sockets are closed');
    expect(await streams()).toEqual([0, 0]);
    const refused = subscribe(test.app.url, 'balanceUpdated', { userId: 'nobody' });
    await until(() => refused.errors.length > 0, 'the refusal');
    await refused.stop();
    expect(await read(errors)).toBe(1);
    const requests = 'dompet_graphql_requests_total{transport="websocket",operation="subscription",outcome=';
    expect([await read(`${requests}"OK"}`), await read(`${requests}"USER_NOT_FOUND"}`)]).toEqual([2, 1]);
  });

  it('tell what webhooks wait for', async () => {
    const api = new WebhookApi(test, 'metrics-webhook');
    const receiver = await Receiver.start();
    receiver.reply = (response) => void response.writeHead(500).end();
    const userId = await callsOf(test).newUser();
    const { endpoint } = await api.create(receiver.url);
    await api.topUp(userId, '5.00');
    await api.topUp(userId, '6.00');
    const attempts = 'dompet_webhook_attempts_total{outcome="refused"}';
    await until(async () => (await read(attempts)) === 1, 'the first attempt');
    await until(async () => (await read('dompet_webhook_pending_deliveries')) === 2, 'both are waiting');
    await until(async () => (await read('dompet_webhook_unread_events')) === 0, 'all is read');
    // Before the first retry is due.
    test.clock.advance(1_500);
    const of = async (name: keyof typeof gauges) => (await look()).values.get(name);
    expect(await of('dompet_webhook_oldest_age_seconds')).toBe(1.5);
    expect(await of('dompet_webhook_endpoints_active')).toBe(1);
    await api.mutate('pauseWebhookEndpoint', { id: endpoint.id });
    expect(await of('dompet_webhook_endpoints_active')).toBe(0);
    expect(await of('dompet_webhook_endpoints_paused')).toBe(1);
    expect(await of('dompet_webhook_pending_deliveries')).toBe(0);
    expect((await look()).values.get('dompet_webhook_attempt_seconds_count')).toBe(1);
    await receiver.close();
  });

  it('have a help text and a conventional name, and the process beside the wallet', async () => {
    const { help, types } = await look();
    const ours = [...types].filter(([name]) => name.startsWith('dompet_'));
    expect(ours.length).toBe(13 + Object.keys(gauges).length);
    for (const [name, type] of ours) {
      expect({ name, help: help.get(name)?.endsWith('.') }).toEqual({ name, help: true });
      expect({ name, total: name.endsWith('_total') }).toEqual({ name, total: type === 'counter' });
    }
    expect(types.get('process_cpu_seconds_total')).toBe('counter');
    expect(types.get('nodejs_eventloop_lag_seconds')).toBe('gauge');
  });

  it('leave out what the database does not tell', async () => {
    const faults: unknown[] = [];
    const hub = { head: { position: 7 }, subscribers: 3 };
    const { registry } = createMetrics(test.clock);
    const broken = {
      em: {
        fork: () => {
          throw new Error('no database');
        },
      },
    } as never;
    const sources = { orm: broken, clock: test.clock, hub, queue: { waiting: 2 }, sockets: () => 4 };
    const text = await createScrape(registry, sources, (error) => faults.push(error))();
    expect(text).toContain('\ndompet_database_up 0\n');
    expect(text).toContain('\ndompet_tail_position 7\n');
    expect(text).toContain('\ndompet_commit_queue_waiting 2\n');
    expect(text).not.toMatch(/^dompet_held_transactions /m);
    expect(faults).toEqual([new Error('no database')]);
  });

  it('go without a database that does not answer in time, and ask it no second time meanwhile', async () => {
    jest.useFakeTimers();
    try {
      let asked = 0;
      const execute = () => {
        asked += 1;
        return new Promise<never>(() => undefined);
      };
      const orm = { em: { fork: () => ({ getDriver: () => undefined, execute }) } } as never;
      const hub = { head: { position: 7 }, subscribers: 3 };
      const { registry } = createMetrics(test.clock);
      const sources = { orm, clock: test.clock, hub, queue: { waiting: 2 }, sockets: () => 4 };
      const make = createScrape(registry, sources, () => undefined);
      for (const _round of [1, 2]) {
        const scrapes = [make(), make()];
        await jest.advanceTimersByTimeAsync(2_000);
        const [one, other] = await Promise.all(scrapes);
        expect(one).toContain('\ndompet_database_up 0\n');
        expect(other).toBe(one);
      }
      expect(asked).toBe(1);
    } finally {
      jest.useRealTimers();
    }
  });
});

describe('the metrics of a queue', () => {
  it('count what is turned away and what fails', async () => {
    const { registry, observer } = createMetrics(new FakeClock(NOON));
    const commit = async (commands: readonly AnyCommand[]) =>
      commands.map(() => ({ error: new Error('a fault') }));
    const limits = { lanes: 1, queueMax: 1, batchMax: 10 };
    const queue = new ObservedQueue(commit, limits, observer.onCommand as never);
    const command = { operation: 'refund', userId: 'u', needs: {} } as never;
    const [first, second] = await Promise.allSettled([queue.submit(command), queue.submit(command)]);
    expect([first.status, second.status]).toEqual(['rejected', 'rejected']);
    const text = await registry.metrics();
    expect(text).toContain('\ndompet_commands_total{operation="refund",outcome="overloaded"} 1\n');
    expect(text).toContain('\ndompet_commands_total{operation="refund",outcome="fault"} 1\n');
  });

  it('count batches that fail and are tried again', async () => {
    const { registry, observer } = createMetrics(new FakeClock(NOON));
    const batch = [{ operation: 'refund' }, { operation: 'refund' }] as never;
    const tell = observer.onAttempt?.(batch, 1);
    tell?.('lock');
    tell?.('failed');
    observer.onAttempt?.(batch, 2)('lock');
    const text = await registry.metrics();
    expect(text).toContain('\ndompet_batch_failures_total 1\n');
    expect(text).toContain('\ndompet_batch_retries_total 1\n');
    expect(text).toContain('\ndompet_batch_size_sum 2\n');
    expect(text).toContain('\ndompet_batch_phase_seconds_count{phase="lock"} 2\n');
  });
});

describe('the port of the metrics', () => {
  const start = (environment: Record<string, string>): Promise<App> =>
    buildApp(loadConfig({ NODE_ENV: 'test', PORT: '0', SEED_DEMO_DATA: 'false', ...environment }), {
      log: createLogger('silent'),
    });

  it('is not there unless it is asked for', async () => {
    await using test = await startApp(sqlite);
    expect(test.config.telemetry.metrics).toEqual({ host: '127.0.0.1', port: undefined });
    expect(test.app.metricsUrl).toBeUndefined();
    expect((await fetch(`${test.app.url}/metrics`)).status).toBe(404);
  });

  it('answers GET /metrics and nothing else, until the server closes', async () => {
    const test = await startApp(sqlite, { METRICS_PORT: '0' });
    const url = test.app.metricsUrl as string;
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    const answer = await fetch(`${url}/metrics?name=x`);
    expect(answer.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect((await fetch(`${url}/`)).status).toBe(404);
    expect((await fetch(`${url}/metrics`, { method: 'POST' })).status).toBe(404);
    expect((await fetch(`${test.app.url}/metrics`)).status).toBe(404);
    await test.close();
    await expect(fetch(`${url}/metrics`)).rejects.toThrow('fetch failed');
  });

  it('is named when it is taken, and nothing is left open', async () => {
    await using test = await startApp(sqlite, { METRICS_PORT: '0' });
    const port = new URL(test.app.metricsUrl as string).port;
    const database = await sqlite.create();
    await expect(start({ DATABASE_URL: database.url, METRICS_PORT: port })).rejects.toMatchObject({
      name: 'ConfigError',
      message: `METRICS_HOST and METRICS_PORT name an address where the server cannot listen: listen EADDRINUSE: address already in use 127.0.0.1:${port}.`,
    });
    await database.drop();
  });

  it.each([
    ['METRICS_PORT', '65536', 'must be at most 65535, not "65536".'],
    ['METRICS_PORT', 'on', 'must be a whole number, not "on".'],
    ['METRICS_HOST', 'two hosts', 'must be a host name or address, not "two hosts".'],
  ])('stops the start when %s is %s', (name, value, message) => {
    expect(() => loadConfig({ [name]: value })).toThrow(`${name} ${message}`);
  });
});
