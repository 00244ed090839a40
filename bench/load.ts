import type { Operation } from './requests.js';
import type { Sample } from './samples.js';

/** Ways to make a transaction. */
export const contenders = ['graphql', 'raw SQL', 'raw SQL, no log', 'naive ORM', 'better-sqlite3'] as const;
export type Contender = (typeof contenders)[number];

/** What the load process is told to do, and for how long. */
export interface Order {
  readonly contender: Contender;
  /** Of the server, or of the database for those who need no server. */
  readonly url: string;
  readonly operation: Operation;
  readonly callers: number;
  /** How many users the requests are spread over, from the first on. */
  readonly users: number;
  readonly firstUser?: number;
  readonly seconds: number;
  /** Makes this run's idempotency keys its own. */
  readonly run: string;
}

/** Does one request for a user and says whether all of it was done; `number` and `key` differ for every request. */
export type Attempt = (user: number, number: number, key: string) => Promise<boolean>;

export interface Open {
  /** One for each caller. */
  readonly attempts: readonly Attempt[];
  readonly close: () => Promise<void>;
}

/** Every caller asks, waits for the answer and asks again, until the time is over. */
export async function drive(
  attempts: readonly Attempt[],
  { users, firstUser = 0, seconds, run }: Order,
): Promise<Sample> {
  const latenciesMs: number[] = [];
  let number = 0;
  let errors = 0;
  const begun = performance.now();
  const end = begun + seconds * 1000;
  const call = async (attempt: Attempt) => {
    for (let asked = performance.now(); asked < end; asked = performance.now()) {
      number += 1;
      // A large odd step visits the users evenly and in no order that a cache would like.
      const user = firstUser + ((number * 7919) % users);
      const done = await attempt(user, number, `${run}-${number}`).catch((error) => {
        if (errors === 0) process.stderr.write(`${String(error)}\n`);
        return false;
      });
      if (!done) errors += 1;
      latenciesMs.push(performance.now() - asked);
    }
  };
  await Promise.all(attempts.map(call));
  return { count: latenciesMs.length, errors, seconds: (performance.now() - begun) / 1000, latenciesMs };
}
