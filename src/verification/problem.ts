/** The ledger or the log is not what it must be; the message names the first record that is wrong. */
export class Problem extends Error {
  override readonly name = 'Problem';
}

/** Refuses a record of which something is not as it must be. */
export function expectEqual(actual: unknown, expected: unknown, what: string): void {
  if (actual === expected) return;
  throw new Problem(`${what} is ${String(actual)} and must be ${String(expected)}.`);
}
