import { Counter, collectDefaultMetrics, Histogram, Registry } from 'prom-client';
import type { Clock } from '../clock.js';
import { phases } from '../operations/command-observer.js';
import type { Observer } from './observer.js';
import { outcomeOf } from './outcome.js';

const SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const COMMANDS = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1000];

export interface Metrics {
  readonly registry: Registry;
  readonly observer: Observer;
}

/** What is counted as it happens, in a registry of its own. Every label takes one of a few values. */
export function createMetrics(clock: Clock): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const counter = (name: string, help: string, labelNames: string[] = []) =>
    new Counter({ name, help, labelNames, registers: [registry] });
  const histogram = (name: string, help: string, labelNames: string[] = [], buckets = SECONDS) =>
    new Histogram({ name, help, labelNames, buckets, registers: [registry] });

  const requests = counter(
    'dompet_graphql_requests_total',
    'GraphQL operations answered over HTTP, and streams opened or refused over WebSocket, by the code of the first top-level error or OK.',
    ['transport', 'operation', 'outcome'],
  );
  const requestSeconds = histogram(
    'dompet_graphql_request_seconds',
    'Time from reading a GraphQL operation to its answer, or to its stream being open.',
    ['transport', 'operation'],
  );
  const subscriptionErrors = counter(
    'dompet_subscription_errors_total',
    'Errors told to subscribers, by code; SLOW_CONSUMER is a stream cut off since its reader fell behind.',
    ['code'],
  );
  const refusals = counter(
    'dompet_refusals_total',
    'Refusals told as userErrors of mutations about money and users, by code.',
    ['code'],
  );
  const commands = counter(
    'dompet_commands_total',
    'Commands by operation and outcome: done, replayed, refused, overloaded or fault.',
    ['operation', 'outcome'],
  );
  const commandSeconds = histogram(
    'dompet_command_seconds',
    'Time from submitting a command to its outcome, waiting included.',
    ['operation'],
  );
  const batchSize = histogram('dompet_batch_size', 'Commands in each batch.', [], COMMANDS);
  const phaseSeconds = histogram(
    'dompet_batch_phase_seconds',
    "Time of each phase of a batch's transaction: lock (from asking for the transaction until the users are locked), load, decide, write, commit.",
    ['phase'],
  );
  const byPhase = Object.fromEntries(phases.map((phase) => [phase, phaseSeconds.labels(phase)]));
  const failures = counter('dompet_batch_failures_total', 'Attempts at a batch that failed as a whole.');
  const retries = counter('dompet_batch_retries_total', 'Attempts at a batch after a first one that failed.');
  const handOverSeconds = histogram(
    'dompet_event_handover_seconds',
    'Time from the instant an event tells of to its being handed to the subscribers of this server.',
  );
  const attempts = counter(
    'dompet_webhook_attempts_total',
    'Attempts to send a webhook: delivered, refused by an answer that is not 2xx, or unanswered.',
    ['outcome'],
  );
  const attemptSeconds = histogram(
    'dompet_webhook_attempt_seconds',
    'Time that attempts to send a webhook took.',
  );

  const observer: Observer = {
    onOperation: (transport) => {
      const elapsed = stopwatch();
      return ({ type: operation, outcome }) => {
        requests.inc({ transport, operation, outcome });
        if (operation !== 'none') requestSeconds.observe({ transport, operation }, elapsed());
      };
    },
    onSubscriptionError: (code) => subscriptionErrors.inc({ code }),
    onRefusal: (code) => refusals.inc({ code }),
    onCommand: ({ operation }) => {
      const elapsed = stopwatch();
      return (settled) => {
        commands.inc({ operation, outcome: outcomeOf(settled) });
        commandSeconds.observe({ operation }, elapsed());
      };
    },
    onAttempt: (batch, attempt) => {
      if (attempt === 1) batchSize.observe(batch.length);
      else retries.inc();
      let since = performance.now();
      return (over) => {
        const now = performance.now();
        if (over === 'failed') failures.inc();
        else byPhase[over]?.observe((now - since) / 1_000);
        since = now;
      };
    },
    onPublished: (events) => {
      const now = clock.now().getTime();
      for (const { occurredAt } of events) {
        handOverSeconds.observe(Math.max(now - occurredAt.getTime(), 0) / 1_000);
      }
    },
    onSend:
      () =>
      ({ statusCode, durationMs }) => {
        const delivered = statusCode !== null && statusCode >= 200 && statusCode < 300;
        const outcome = delivered ? 'delivered' : statusCode === null ? 'unanswered' : 'refused';
        attempts.inc({ outcome });
        attemptSeconds.observe(durationMs / 1_000);
      },
  };
  return { registry, observer };
}

/** Starts now, and returns the seconds since. */
function stopwatch(): () => number {
  const start = performance.now();
  return () => (performance.now() - start) / 1_000;
}
