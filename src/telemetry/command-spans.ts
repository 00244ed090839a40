import { type Context, ROOT_CONTEXT, type Span, SpanKind, type Tracer } from '@opentelemetry/api';
import { type Phase, phases } from '../operations/command-observer.js';
import type { AnyCommand } from '../operations/commit-batch.js';
import type { Observer } from './observer.js';
import { outcomeOf } from './outcome.js';
import { Recent } from './recent.js';
import { endSpan, isKept, type Scope, startUnder, under } from './scope.js';

/** A command on its way: its span, and the one of its waiting for a batch. */
interface Waiting {
  readonly span: Span;
  readonly queue: Span;
}

/**
 * Spans of the way of a command: waiting, the batch with its phases, the hand-over of its events and their webhooks. A
 * batch serves many commands: it stands under the first that is traced, and is linked to each and from each. Told are
 * operations, outcomes and sizes; no amounts, no users, no keys.
 */
export function createCommandSpans(tracer: Tracer, scope: Scope): Observer {
  const commands = new WeakMap<AnyCommand, Waiting>();
  const batches = new Recent<Context>();
  const handOvers = new Recent<Span>();

  const onCommand: Observer['onCommand'] = (command) => {
    const attributes = { 'dompet.operation': command.operation };
    const parent = scope.getStore()?.context ?? ROOT_CONTEXT;
    const span = tracer.startSpan(`command ${command.operation}`, { attributes }, parent);
    const queue = startUnder(tracer, span, 'queue');
    commands.set(command, { span, queue });
    return (settled) => {
      const outcome = outcomeOf(settled);
      if (outcome === 'overloaded' && queue.isRecording()) endSpan(queue, false);
      span.setAttribute('dompet.outcome', outcome);
      endSpan(span, outcome !== 'fault' && outcome !== 'overloaded');
    };
  };

  const startBatch = (batch: readonly AnyCommand[], attempt: number): Span => {
    const waiting = batch.flatMap((command) => commands.get(command) ?? []);
    for (const { queue } of waiting) if (queue.isRecording()) queue.end();
    const spans = waiting.map(({ span }) => span);
    const parent = spans.find(isKept) ?? spans[0];
    const options = {
      links: spans.map((span) => ({ context: span.spanContext() })),
      attributes: {
        'dompet.batch.size': batch.length,
        'dompet.batch.users': new Set(batch.map(({ userId }) => userId)).size,
        'dompet.batch.attempt': attempt,
      },
    };
    const started = parent
      ? startUnder(tracer, parent, 'batch', options)
      : tracer.startSpan('batch', options, ROOT_CONTEXT);
    for (const span of spans) span.addLink({ context: started.spanContext() });
    return started;
  };

  const onAttempt: Observer['onAttempt'] = (batch, attempt) => {
    const span = startBatch(batch, attempt);
    const begin = (phase: Phase) => startUnder(tracer, span, phase);
    let current = begin('lock');
    return (over, events = []) => {
      endSpan(current, over !== 'failed');
      if (over === 'failed') return endSpan(span, false);
      const next = phases[phases.indexOf(over) + 1];
      if (next) {
        current = begin(next);
        return;
      }
      span.setAttribute('dompet.batch.events', events.length);
      endSpan(span);
      for (const { position } of events) batches.set(position, under(span));
      const last = events.at(-1);
      if (last) handOvers.set(last.position, startUnder(tracer, span, 'hand over'));
    };
  };

  return {
    onCommand,
    onAttempt,
    onPublished: (events) => {
      for (const { position } of events) handOvers.take(position)?.end();
    },
    onSend: ({ position }) => {
      const batch = position === null ? undefined : batches.get(position);
      const span = tracer.startSpan('webhook', { kind: SpanKind.CLIENT }, batch ?? ROOT_CONTEXT);
      return ({ statusCode }) => {
        if (statusCode !== null) span.setAttribute('http.response.status_code', statusCode);
        endSpan(span, statusCode !== null && statusCode >= 200 && statusCode < 300);
      };
    },
  };
}
