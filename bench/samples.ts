/** What one measurement gave: how many requests ended, how they went, and how long each took. */
export interface Sample {
  readonly count: number;
  readonly errors: number;
  readonly seconds: number;
  readonly latenciesMs: readonly number[];
}

export const percentiles = [50, 95, 99, 99.9] as const;
export type Percentiles = Readonly<Record<(typeof percentiles)[number], number>>;

/**
 * Percentiles corrected for coordinated omission, as HdrHistogram does it: a caller that waits for a slow answer sends
 * nothing meanwhile, so that the requests it would have sent are missing. Each caller is expected to send one request
 * every `callers × seconds ÷ count`; for every answer that took longer, the waits that such requests would have had are
 * added: the latency less one interval, less two, and so on.
 */
export function correctedPercentiles({ latenciesMs, count, seconds }: Sample, callers: number): Percentiles {
  const intervalMs = (callers * seconds * 1000) / count;
  const corrected: number[] = [];
  for (const latency of latenciesMs) {
    corrected.push(latency);
    for (let missing = latency - intervalMs; missing >= intervalMs; missing -= intervalMs)
      corrected.push(missing);
  }
  const sorted = Float64Array.from(corrected).sort();
  const at = (percentile: number) =>
    sorted[Math.min(sorted.length - 1, Math.floor((sorted.length * percentile) / 100))] ?? Number.NaN;
  return { 50: at(50), 95: at(95), 99: at(99), 99.9: at(99.9) };
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2;
}
