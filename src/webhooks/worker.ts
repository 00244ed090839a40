import type { Resolve } from './address.js';
import type { Claimed } from './claim.js';
import { pruneDeliveries } from './prune.js';
import { type Answer, send } from './send.js';
import { signatureHeaders } from './signature.js';
import { findActiveEndpoints, type Outcome, type TurnDependencies, takeTurn } from './turn.js';

const PRUNE_INTERVAL_MS = 3_600_000;
/** How long answers gather before a turn while others are still to come. */
const GATHER_MS = 5;
/** How long sends that are under way may still take when the server shuts down. */
const CLOSE_WAIT_MS = 5_000;

export interface WorkerDependencies extends TurnDependencies {
  readonly resolve: Resolve;
  readonly onFault: (error: unknown) => void;
  readonly onSend?: OnSend | undefined;
}

/** Told of each attempt that is begun; what it returns is told what became of it. */
export type OnSend = (claimed: Claimed) => (answer: Answer) => void;

/** What this server is doing for one endpoint. */
interface Lane {
  /** Sends under way. */
  sending: number;
  /** What became of sends and is not recorded yet. */
  outcomes: Outcome[];
  again: boolean;
  running: Promise<void> | undefined;
}

/**
 * Reads the event log for every endpoint and sends what is due. Each endpoint has a lane of its own, so that one that
 * hangs holds up no other. While a lane's transaction commits, answers gather, and the next one records them together.
 */
export class WebhookWorker {
  readonly #lanes = new Map<string, Lane>();
  readonly #sends = new Set<Promise<void>>();
  readonly #abort = new AbortController();
  #looking: Promise<void> | undefined;
  #lookAgain = false;
  /** Whether the last look found an endpoint at all; without any, nobody looks each time that money moves. */
  #anyActive = false;
  #poll: NodeJS.Timeout | undefined;
  #prunedAt = 0;
  #closed = false;

  constructor(private readonly dependencies: WorkerDependencies) {}

  start(): void {
    this.#poll = setInterval(() => this.wake(), this.dependencies.settings.pollIntervalMs);
    this.#poll.unref();
    this.wake();
  }

  /** There may be something to read or to send. */
  wake(): void {
    this.#lookAgain = true;
    if (this.#closed) return;
    this.#looking ??= this.#look().finally(() => {
      this.#looking = undefined;
      if (this.#lookAgain) this.wake();
    });
  }

  /** The log has grown: of interest where there is an endpoint. One that another server made is found by the poll. */
  wakeForEvents(): void {
    if (this.#anyActive) this.wake();
  }

  /** Claims nothing more, waits a little for what is under way, and records what became of it. */
  async close(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#poll);
    await this.#looking;
    const timeout = setTimeout(() => this.#abort.abort(), CLOSE_WAIT_MS);
    await Promise.all([...this.#lanes.values()].map((lane) => lane.running));
    await Promise.all(this.#sends);
    clearTimeout(timeout);
    await Promise.all([...this.#lanes.values()].map((lane) => lane.running));
  }

  async #look(): Promise<void> {
    const { orm, clock, settings, onFault } = this.dependencies;
    this.#lookAgain = false;
    try {
      const now = clock.now();
      for (const [id, lane] of this.#lanes) if (lane.outcomes.length > 0) this.#wakeLane(id);
      const endpoints = await findActiveEndpoints(orm, now);
      this.#anyActive = endpoints.length > 0;
      for (const { id, busy } of endpoints) if (busy) this.#wakeLane(id);
      if (now.getTime() - this.#prunedAt < PRUNE_INTERVAL_MS) return;
      this.#prunedAt = now.getTime();
      await pruneDeliveries(orm, new Date(now.getTime() - settings.retentionMs));
    } catch (error) {
      onFault(error);
    }
  }

  #wakeLane(endpointId: string): void {
    const lane = this.#lanes.get(endpointId) ?? {
      sending: 0,
      outcomes: [],
      again: false,
      running: undefined,
    };
    this.#lanes.set(endpointId, lane);
    lane.again = true;
    lane.running ??= this.#run(endpointId, lane).finally(() => {
      lane.running = undefined;
      if (lane.again) this.#wakeLane(endpointId);
      else if (lane.sending === 0 && lane.outcomes.length === 0) this.#lanes.delete(endpointId);
    });
  }

  async #run(endpointId: string, lane: Lane): Promise<void> {
    while (lane.again) {
      // While others are under way, answers gather for a moment, so that one transaction records many.
      if (lane.sending > 0) await new Promise((resolve) => setTimeout(resolve, GATHER_MS));
      lane.again = false;
      const outcomes = lane.outcomes.splice(0);
      const slots = this.#closed ? 0 : this.dependencies.settings.concurrency - lane.sending;
      try {
        const { claimed, more } = await takeTurn(this.dependencies, endpointId, outcomes, slots);
        for (const one of claimed) this.#send(endpointId, lane, one);
        if (more && !this.#closed) lane.again = true;
      } catch (error) {
        // They are recorded when the next poll comes round, or their leases end.
        lane.outcomes.unshift(...outcomes);
        lane.again = false;
        this.dependencies.onFault(error);
        return;
      }
    }
  }

  #send(endpointId: string, lane: Lane, claimed: Claimed): void {
    const { clock, settings, resolve } = this.dependencies;
    const { id, url, secrets, body } = claimed;
    const tell = this.dependencies.onSend?.(claimed);
    lane.sending += 1;
    const headers = {
      'content-type': 'application/json',
      'user-agent': 'Dompet-Webhooks',
      ...signatureHeaders(id, clock.now(), body, secrets),
    };
    const { allowPrivate, timeoutMs } = settings;
    const sent = send(url, headers, body, { allowPrivate, timeoutMs, resolve, signal: this.#abort.signal })
      .then((answer) => {
        tell?.(answer);
        lane.sending -= 1;
        lane.outcomes.push({ claimed, answer });
        this.#wakeLane(endpointId);
      })
      .finally(() => this.#sends.delete(sent));
    this.#sends.add(sent);
  }
}
