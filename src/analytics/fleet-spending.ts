import type { MikroORM } from '@mikro-orm/core';
import { type CalendarUnit, startOfUnit } from '../local-time.js';
import { type Contribution, measures } from '../rollups/contributions.js';
import { gather } from '../rollups/gather.js';
import type { Span } from '../rollups/spans.js';
import { type Bucket, bucketsOf } from './buckets.js';

/** Purchases less refunds, in minor units of the base currency. */
export interface Spending {
  readonly count: bigint;
  readonly amount: bigint;
  readonly refunded: bigint;
}

export interface CategorySpending extends Spending {
  readonly category: string;
  /** One for each bucket of the whole. */
  readonly series: readonly Spending[];
}

export interface FleetSpending extends Spending {
  readonly buckets: readonly Bucket[];
  readonly series: readonly Spending[];
  /** The largest first. */
  readonly categories: readonly CategorySpending[];
  readonly timeZone: string;
  readonly asOf: Date;
}

/** What all users spent in a span of time, by category and over time. */
export async function fleetSpending(
  orm: MikroORM,
  now: Date,
  span: Span,
  unit: CalendarUnit,
): Promise<FleetSpending> {
  const wanted = { daily: [measures.purchased, measures.refunded], total: [] };
  const { contributions, timeZone, asOf } = await gather(orm, now, span, wanted, async () => undefined);
  return { ...fleetFigures(contributions, span, unit, timeZone), timeZone, asOf };
}

export function fleetFigures(
  contributions: readonly Contribution[],
  span: Span,
  unit: CalendarUnit,
  timeZone: string,
): Omit<FleetSpending, 'timeZone' | 'asOf'> {
  const buckets = bucketsOf(span, unit, timeZone);
  const numbers = new Map(buckets.map(({ date }, index) => [date, index]));
  const whole = new Line(buckets.length);
  const lines = new Map<string, Line>();
  for (const contribution of contributions) {
    const { label, day } = contribution;
    let line = lines.get(label);
    if (!line) {
      line = new Line(buckets.length);
      lines.set(label, line);
    }
    const number = numbers.get(startOfUnit(day, unit)) as number;
    whole.add(number, contribution);
    line.add(number, contribution);
  }
  const categories = [...lines]
    .map(([category, { total, series }]) => ({ category, ...total, series }))
    .filter(({ count, refunded }) => count !== 0n || refunded !== 0n)
    .sort((a, b) => compare(b.amount, a.amount) || compare(a.category, b.category));
  return { ...whole.total, series: whole.series, buckets, categories };
}

type Sum = { -readonly [K in keyof Spending]: Spending[K] };

/** A sum over time: as a whole, and in each bucket. */
class Line {
  readonly total: Sum = { count: 0n, amount: 0n, refunded: 0n };
  readonly series: readonly Sum[];

  constructor(length: number) {
    this.series = Array.from({ length }, () => ({ count: 0n, amount: 0n, refunded: 0n }));
  }

  add(number: number, contribution: Contribution): void {
    addTo(this.total, contribution);
    addTo(this.series[number] as Sum, contribution);
  }
}

function addTo(sum: Sum, { measure, count, amount }: Contribution): void {
  if (measure === measures.purchased) {
    sum.count += count;
    sum.amount += amount;
  } else {
    sum.refunded += amount;
    sum.amount -= amount;
  }
}

function compare<T extends bigint | string>(a: T, b: T): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
