import type { Contribution } from './contributions.js';

/** Contributions added up by measure, day and label. What comes to nothing is left out. */
export class Sums {
  readonly #sums = new Map<string, { -readonly [K in keyof Contribution]: Contribution[K] }>();

  add(contributions: Iterable<Contribution>): void {
    for (const contribution of contributions) {
      const key = keyOf(contribution);
      const sum = this.#sums.get(key);
      if (!sum) this.#sums.set(key, { ...contribution });
      else {
        sum.count += contribution.count;
        sum.amount += contribution.amount;
      }
    }
  }

  /** In the order of their keys, so that whoever writes them locks rows in one order. */
  list(): readonly Contribution[] {
    return [...this.#sums.entries()]
      .filter(([, { count, amount }]) => count !== 0n || amount !== 0n)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([, sum]) => sum);
  }
}

/** What tells one sum from another. */
export function keyOf({ measure, day, label }: { measure: string; day: string; label: string }): string {
  return `${measure} ${day} ${label}`;
}
