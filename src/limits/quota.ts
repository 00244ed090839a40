import type { Counter } from './counter.js';

/** Into how many leases a limit is divided: what a server that leased one and does not use it keeps from the others. */
const LEASES = 10;

/** How a key stands in its window, as far as this server knows. */
export interface Standing {
  readonly limit: number;
  readonly remaining: number;
  readonly resetMs: number;
}

interface Lease {
  /** Points that were counted already and are still to be spent here. */
  left: number;
  /** Points that no server had leased when this one last asked. */
  unleased: number;
  /** When the window ends, in milliseconds since 1970. */
  readonly endsAt: number;
}

/**
 * A limit on points per key and window, shared by all servers that share a counter. Points are leased from it by the
 * tenth, so that a busy key costs a round trip for every tenth of its limit and not for every request. The limit is
 * never exceeded; a server may keep up to a tenth of it from the others until the window ends. Time is the system's, as
 * the counter's is.
 */
export class Quota {
  readonly #leases = new Map<string, Lease>();
  readonly #renewals = new Map<string, Promise<void>>();

  constructor(
    private readonly counter: Counter,
    private readonly name: string,
    private readonly limit: number,
    private readonly windowMs: number,
  ) {}

  /** Whether nobody has spent anything here for as long as it is remembered. */
  get isUntouched(): boolean {
    return this.#leases.size === 0;
  }

  /** Spends points of a key, unless fewer are left. */
  async spend(key: string, points: number): Promise<boolean> {
    for (;;) {
      const lease = this.#leases.get(key);
      if (lease && lease.left >= points) {
        lease.left -= points;
        return true;
      }
      if (lease?.unleased === 0) return false;
      await this.#renew(key, points);
    }
  }

  /** Gives back what was spent in vain, unless its window is over. */
  giveBack(key: string, points: number): void {
    const lease = this.#leases.get(key);
    if (lease) lease.left += points;
  }

  standing(key: string): Standing {
    const lease = this.#leases.get(key);
    if (!lease) return { limit: this.limit, remaining: this.limit, resetMs: this.windowMs };
    return {
      limit: this.limit,
      remaining: lease.left + lease.unleased,
      resetMs: Math.max(1, lease.endsAt - Date.now()),
    };
  }

  /** Whoever waits for the same key waits for the same renewal. */
  #renew(key: string, points: number): Promise<void> {
    const renewal =
      this.#renewals.get(key) ?? this.#lease(key, points).finally(() => this.#renewals.delete(key));
    this.#renewals.set(key, renewal);
    return renewal;
  }

  async #lease(key: string, points: number): Promise<void> {
    const missing = points - (this.#leases.get(key)?.left ?? 0);
    const asked = Math.max(missing, Math.floor(this.limit / LEASES), 1);
    const { consumedPoints, msBeforeNext } = await this.counter.consume(`${this.name}:${key}`, asked);
    const granted = Math.max(0, asked - Math.max(0, consumedPoints - this.limit));
    const unleased = Math.max(0, this.limit - consumedPoints);
    const held = this.#leases.get(key);
    if (held) {
      held.left += granted;
      held.unleased = unleased;
      return;
    }
    const lease = { left: granted, unleased, endsAt: Date.now() + msBeforeNext };
    this.#leases.set(key, lease);
    setTimeout(() => this.#leases.delete(key), msBeforeNext).unref();
  }
}
