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
  const numberOfDay = new Map<string, number>();
  const bucketNumber = (day: string): number => {
    const known = numberOfDay.get(day);
    if (known !== undefined) return known;
    const number = numbers.get(startOfUnit(day, unit)) as number;
    numberOfDay.set(day, number);
    return number;
  };
  const rows = new Map<string, Adding[]>();
  for (const { measure, day, label, count, amount } of contributions) {
    let row = rows.get(label);
    if (!row) {
      row = buckets.map(nothing);
      rows.set(label, row);
    }
    const sum = row[bucketNumber(day)] as Adding;
    if (measure === measures.purchased) {
      sum.count += count;
      sum.amount += amount;
    } else {
      sum.refunded += amount;
      sum.amount -= amount;
    }
  }
  const series = buckets.map((_bucket, index) =>
    total([...rows.values()].map((row) => row[index] as Spending)),
  );
  const categories = [...rows]
    .map(([category, row]) => ({ category, ...total(row), series: row }))
    .filter(({ count, refunded }) => count !== 0n || refunded !== 0n)
    .sort((a, b) =>
      a.amount === b.amount ? (a.category < b.category ? -1 : 1) : a.amount > b.amount ? -1 : 1,
    );
  return { ...total(series), buckets, series, categories };
}

type Adding = { -readonly [K in keyof Spending]: Spending[K] };

function nothing(): Adding {
  return { count: 0n, amount: 0n, refunded: 0n };
}

function total(parts: readonly Spending[]): Spending {
  const sum = nothing();
  for (const { count, amount, refunded } of parts) {
    sum.count += count;
    sum.amount += amount;
    sum.refunded += refunded;
  }
  return sum;
}
