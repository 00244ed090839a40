import { networkOf } from './address.js';
import type { Counter } from './counter.js';
import { Quota, type Standing } from './quota.js';
import { type LimitSettings, type OperationClass, type Policy, WINDOW_SECONDS } from './settings.js';

const FAILURES = 'failed-authentications';

/** What an operation takes of one class. */
export interface Demand {
  readonly class: OperationClass;
  readonly points: number;
}

export interface NamedStanding extends Standing {
  readonly policy: Policy;
}

/** Whether an operation may run, and how its caller stands in each class that it belongs to; refused by the last. */
export interface Verdict {
  readonly allowed: boolean;
  readonly standings: readonly NamedStanding[];
}

/** How often each principal may ask for what, and how often an address may come with a wrong credential. */
export class RateLimits {
  readonly #quotas: Readonly<Record<Policy, Quota>>;

  constructor(
    counter: Counter,
    private readonly settings: LimitSettings,
  ) {
    const quotas = Object.entries(settings.perWindow).map(([policy, limit]) => [
      policy,
      new Quota(counter, policy, limit, WINDOW_SECONDS * 1_000),
    ]);
    this.#quotas = Object.fromEntries(quotas);
  }

  /** What one operation may cost, in points. */
  get queryCostMax(): number {
    return this.settings.queryCostMax;
  }

  /** Takes all that an operation demands, or nothing. */
  async take(principal: string, demands: readonly Demand[]): Promise<Verdict> {
    if (this.settings.disabled) return { allowed: true, standings: [] };
    const taken: Demand[] = [];
    for (const demand of demands) {
      if (await this.#quotas[demand.class].spend(principal, demand.points)) taken.push(demand);
      else {
        for (const { class: name, points } of taken) this.#quotas[name].giveBack(principal, points);
        return { allowed: false, standings: [this.standing(demand.class, principal)] };
      }
    }
    return { allowed: true, standings: taken.map(({ class: name }) => this.standing(name, principal)) };
  }

  standing(policy: Policy, key: string): NamedStanding {
    return { policy, ...this.#quotas[policy].standing(key) };
  }

  /** How an address stands that has sent too many wrong credentials: none that it sends is looked at until then. */
  blocked(address: string): NamedStanding | undefined {
    if (this.#quotas[FAILURES].isUntouched) return undefined;
    const standing = this.standing(FAILURES, networkOf(address));
    return standing.remaining > 0 ? undefined : standing;
  }

  /** Counts a wrong credential; settles when it is counted. */
  async failedAuthentication(address: string): Promise<void> {
    if (!this.settings.disabled) await this.#quotas[FAILURES].spend(networkOf(address), 1);
  }
}
