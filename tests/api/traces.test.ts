import { Writable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { loadConfig } from '../../src/config.js';
import { query } from '../../src/db/dialect.js';
import { inTransaction } from '../../src/db/transaction.js';
import { createLogger } from '../../src/log.js';
import { callsOf, mutationOf } from '../support/api.js';
import { FakeClock, NOON, startApp } from '../support/app.js';
import { type DatabaseKind, databases } from '../support/databases.js';
import { OtlpReceiver, type ReceivedSpan } from '../support/otlp-receiver.js';
import { until } from '../support/processes.js';
import { scrape } from '../support/prometheus.js';
import { subscribe } from '../support/subscriber.js';
import { Receiver } from '../support/webhook-receiver.js';
import { WebhookApi } from '../support/webhooks.js';

const [sqlite, postgresql] = databases as [DatabaseKind, DatabaseKind];
const CALLER = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331' };

let collector: OtlpReceiver;
beforeEach(async () => {
  collector = await OtlpReceiver.start();
});
afterEach(() => collector.close());

const named = (name: string) => collector.spans.filter((span) => span.name === name);
const only = (name: string): ReceivedSpan => {
  const found = named(name);
  expect({ name, count: found.length }).toEqual({ name, count: 1 });
  return found[0] as ReceivedSpan;
};

/** The names under a span, each with what stands under it, in the order of their beginnings. */
function treeOf({ name, spanId }: ReceivedSpan): unknown {
  const below = collector.spans.filter(({ parentId }) => parentId === spanId);
  if (below.length === 0) return name;
  below.sort((one, other) => Number(one.startNanos - other.startNanos));
  return [name, ...below.map(treeOf)];
}

describe.each(databases)('traces on $name', (kind) => {
  it('follow a mutation from the request of a traced caller to its webhook', async () => {
    const receiver = await Receiver.start();
    const test = await startApp(kind, {
      OTEL_EXPORTER_OTLP_ENDPOINT: `${collector.url}/`,
      WEBHOOK_ALLOW_PRIVATE: 'true',
      WEBHOOK_POLL_INTERVAL: '20',
    });
    const userId = await callsOf(test).newUser();
    await new WebhookApi(test).create(receiver.url);
    const input = {
      userId,
      type: 'TOP_UP',
      amount: { amount: '12.34', currency: 'MYR' },
      idempotencyKey: 'traced-1',
    };
    await fetch(`${test.app.url}/graphql`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'x-api-key': 'dev-api-key',
        'x-request-id': 'request-1',
        traceparent: `00-${CALLER.traceId}-${CALLER.spanId}-01`,
      },
      body: JSON.stringify({ query: mutationOf('createTransaction'), variables: { input } }),
    });
    await until(() => receiver.received.length === 1, 'the webhook');
    await fetch(`${test.app.url}/health`);
    await test.close();
    await receiver.close();

    expect(new Set(collector.paths)).toEqual(new Set(['/v1/traces']));
    const [request] = collector.spans.filter(({ parentId }) => parentId === CALLER.spanId);
    expect(request?.traceId).toBe(CALLER.traceId);
    expect(treeOf(request as ReceivedSpan)).toEqual([
      'POST /graphql',
      [
        'graphql mutation',
        [
          'command createTransaction',
          'queue',
          ['batch', 'lock', 'load', 'decide', 'write', 'commit', 'hand over', 'webhook'],
        ],
      ],
    ]);
    const traced = collector.spans.filter(({ traceId }) => traceId === CALLER.traceId);
    expect(traced.length).toBe(12);
    const of = (name: string) => traced.find((span) => span.name === name) as ReceivedSpan;
    const [command, batch] = [of('command createTransaction'), of('batch')];
    expect([batch.links, command.links]).toEqual([[command.spanId], [batch.spanId]]);
    expect(request).toMatchObject({
      kind: 2,
      service: 'dompet',
      attributes: {
        'http.request.method': 'POST',
        'http.route': '/graphql',
        'http.response.status_code': 200,
        'dompet.request_id': 'request-1',
      },
    });
    expect(of('graphql mutation').attributes).toEqual({
      'graphql.operation.type': 'mutation',
      'dompet.outcome': 'OK',
    });
    expect(command.attributes).toEqual({ 'dompet.operation': 'createTransaction', 'dompet.outcome': 'done' });
    expect(batch.attributes).toEqual({
      'dompet.batch.size': 1,
      'dompet.batch.users': 1,
      'dompet.batch.attempt': 1,
      'dompet.batch.events': 1,
    });
    expect(of('webhook').attributes).toEqual({ 'http.response.status_code': 200 });
    expect(traced.filter(({ failed }) => failed)).toEqual([]);
    expect(
      collector.spans.filter(({ attributes }) => /health/.test(String(attributes['http.route']))),
    ).toEqual([]);
    const told = JSON.stringify(collector.spans.map(({ name, attributes }) => [name, attributes]));
    for (const secret of ['12.34', '1234', userId, 'example.com', 'traced-1', 'dev-api-key']) {
      expect(told).not.toContain(secret);
    }
  });

  it('follow refusals, streams and what could not be read', async () => {
    const test = await startApp(kind, { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${collector.url}/spans` });
    const userId = await callsOf(test).newUser();
    expect((await callsOf(test).withdraw(userId, '1 MYR')).userErrors[0].code).toBe('INSUFFICIENT_BALANCE');
    await test.graphql('{ nothing }');
    const subscriber = subscribe(test.app.url, 'balanceUpdated', { userId });
    await subscriber.untilTold(1);
    await subscriber.stop();
    await test.close();
    expect(new Set(collector.paths)).toEqual(new Set(['/spans']));
    expect(only('command createTransaction')).toMatchObject({
      failed: false,
      attributes: { 'dompet.operation': 'createTransaction', 'dompet.outcome': 'refused' },
    });
    expect(only('graphql none')).toMatchObject({
      failed: true,
      attributes: { 'graphql.operation.type': 'none', 'dompet.outcome': 'GRAPHQL_VALIDATION_FAILED' },
    });
    expect(only('graphql subscription')).toMatchObject({ failed: false, parentId: '' });
  });
});

describe('the traces of a batch', () => {
  it('link it to each of its commands and each of them to it', async () => {
    const test = await startApp(postgresql, {
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      METRICS_PORT: '0',
    });
    const { newUser, topUp } = callsOf(test);
    const userId = await newUser();
    const em = test.orm.em.fork();
    const waiting = async () => (await scrape(test.app.metricsUrl)).values.get('dompet_commit_queue_waiting');
    const answers: Array<Promise<unknown>> = [];
    await inTransaction(em, async () => {
      // The first batch waits for this lock, and behind it the next one gathers.
      await query(em, 'select id from users where id = ? for update', [userId]);
      answers.push(topUp(userId, '1 MYR'));
      const batches = async () => (await scrape(test.app.metricsUrl)).values.get('dompet_batch_size_count');
      await until(async () => (await batches()) === 2, 'the first batch has begun');
      for (const amount of ['2 MYR', '3 MYR', '4 MYR']) answers.push(topUp(userId, amount));
      await until(async () => (await waiting()) === 3, 'three commands wait');
    });
    await Promise.all(answers);
    const { values } = await scrape(test.app.metricsUrl);
    await test.close();

    expect([values.get('dompet_batch_size_count'), values.get('dompet_batch_size_sum')]).toEqual([3, 5]);
    const [batch, ...others] = named('batch').filter(
      ({ attributes }) => attributes['dompet.batch.size'] === 3,
    ) as [ReceivedSpan];
    expect(others).toEqual([]);
    expect(batch.attributes['dompet.batch.users']).toBe(1);
    expect(batch.attributes['dompet.batch.events']).toBe(3);
    const commands = named('command createTransaction').filter(({ links }) => links.includes(batch.spanId));
    expect(commands.length).toBe(3);
    expect([...batch.links].sort()).toEqual(commands.map(({ spanId }) => spanId).sort());
    expect(new Set(commands.map(({ traceId }) => traceId)).size).toBe(3);
    expect(commands.map(({ spanId }) => spanId)).toContain(batch.parentId);
    expect(treeOf(batch)).toEqual(['batch', 'lock', 'load', 'decide', 'write', 'commit', 'hand over']);
  });
});

describe('tracing', () => {
  it('sends nothing when it is off, and is off unless it is asked for', async () => {
    const settings = [
      {},
      { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, OTEL_SDK_DISABLED: 'true' },
      { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, OTEL_TRACES_EXPORTER: 'none' },
      { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, OTEL_TRACES_SAMPLER: 'always_off' },
    ];
    for (const environment of settings) {
      await using test = await startApp(sqlite, environment);
      await callsOf(test).newUser({ funds: '10.00' });
    }
    expect(collector.paths).toEqual([]);
  });

  it('leaves it to a caller whether its trace is kept', async () => {
    const environment = {
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_TRACES_SAMPLER: 'parentbased_traceidratio',
      OTEL_TRACES_SAMPLER_ARG: '0',
    };
    {
      await using test = await startApp(sqlite, environment);
      const ask = (flags: string) =>
        fetch(`${test.app.url}/graphql`, {
          method: 'POST',
          headers: {
            'content-type': 'application/json',
            'x-api-key': 'dev-api-key',
            traceparent: `00-${CALLER.traceId}-${CALLER.spanId}-${flags}`,
          },
          body: '{"query":"{ __typename }"}',
        });
      await ask('00');
      await ask('01');
      await test.graphql('{ __typename }');
    }
    expect(collector.spans.map(({ name }) => name).sort()).toEqual(['POST /graphql', 'graphql query']);
  });

  it('tells the log when spans cannot be sent, and goes on', async () => {
    collector.status = 400;
    const lines: string[] = [];
    const destination = new Writable({
      write(chunk, _encoding, done) {
        lines.push(String(chunk));
        done();
      },
    });
    const log = createLogger('error', destination);
    const environment = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url };
    const test = await startApp(sqlite, environment, new FakeClock(NOON), { log });
    await callsOf(test).newUser({ funds: '10.00' });
    await test.close();
    expect(lines.length).toBe(1);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ level: 'error', msg: 'fault' });
  });

  it.each([
    [{ OTEL_TRACES_EXPORTER: 'otlp' }, 'http://localhost:4318/v1/traces'],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'https://collector/base/' }, 'https://collector/base/v1/traces'],
    [{ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://collector/x' }, 'http://collector/x'],
  ])('goes where %j says', (environment, url) => {
    expect(loadConfig(environment as never).telemetry.traces.url).toBe(url);
  });

  it.each([
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'collector:4318', 'must be an http or https URL, not "collector:4318".'],
    ['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', '?', 'must be an http or https URL, not "?".'],
    ['OTEL_TRACES_EXPORTER', 'zipkin', 'must be one of otlp, none, not "zipkin".'],
    ['OTEL_EXPORTER_OTLP_PROTOCOL', 'grpc', 'must be one of http/protobuf, not "grpc".'],
    ['OTEL_TRACES_SAMPLER_ARG', '1.5', 'must be a decimal from 0 to 1, not "1.5".'],
    ['OTEL_SDK_DISABLED', 'yes', 'must be one of true, false, not "yes".'],
    [
      'OTEL_TRACES_SAMPLER',
      'sometimes',
      'must be one of always_on, always_off, traceidratio, parentbased_always_on, parentbased_always_off, parentbased_traceidratio, not "sometimes".',
    ],
  ])('stops the start when %s is %s', (name, value, message) => {
    expect(() => loadConfig({ [name]: value })).toThrow(`${name} ${message}`);
  });
});
