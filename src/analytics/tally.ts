import { formatRatio } from '../money/ratio.js';
import type { SpendingRow } from './spending-rows.js';

/** What some purchases and refunds come to, in minor units of the base currency. */
export interface Tally {
  /** Purchases only. */
  count: number;
  gross: bigint;
  largest: bigint | undefined;
  /** What refunds returned, as a positive amount. */
  refunded: bigint;
}

export function emptyTally(): Tally {
  return { count: 0, gross: 0n, largest: undefined, refunded: 0n };
}

/** Purchases less refunds. */
export function netOf({ gross, refunded }: Tally): bigint {
  return gross - refunded;
}

export function add(tally: Tally, { refund, minor }: SpendingRow): void {
  if (refund) {
    tally.refunded -= minor;
    return;
  }
  tally.count += 1;
  tally.gross += minor;
  if (tally.largest === undefined || minor > tally.largest) tally.largest = minor;
}

export function tallyOf(rows: readonly SpendingRow[]): Tally {
  const tally = emptyTally();
  for (const row of rows) add(tally, row);
  return tally;
}

/** One tally for each key that rows have. */
export function tallyBy<Key>(
  rows: readonly SpendingRow[],
  keyOf: (row: SpendingRow) => Key,
): ReadonlyMap<Key, Tally> {
  const tallies = new Map<Key, Tally>();
  for (const row of rows) {
    const key = keyOf(row);
    const tally = tallies.get(key) ?? emptyTally();
    tallies.set(key, tally);
    add(tally, row);
  }
  return tallies;
}

/** Named tallies, most net spending first and then by name. */
export function ranked(tallies: ReadonlyMap<string, Tally>): ReadonlyArray<readonly [string, Tally]> {
  return [...tallies].sort(([nameA, a], [nameB, b]) => {
    const difference = netOf(b) - netOf(a);
    if (difference !== 0n) return difference > 0n ? 1 : -1;
    return nameA < nameB ? -1 : 1;
  });
}

/** A part of a total, as a decimal; null when there is no total to speak of. */
export function shareOf(part: bigint, total: bigint): string | null {
  return total > 0n ? formatRatio(part, total) : null;
}

/** By how much of the previous amount an amount is more, as a decimal; null when there was nothing before. */
export function changeOf(amount: bigint, previous: bigint): string | null {
  return previous > 0n ? formatRatio(amount - previous, previous) : null;
}
