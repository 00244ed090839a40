import type { EntityManager } from '@mikro-orm/core';
import { query } from '../db/dialect.js';
import type { Contribution, Measure } from './contributions.js';

/** Which days are read: from the first on, up to and without the end. */
export interface Days {
  readonly firstDay: string;
  readonly endDay: string;
}

/** The sums of each day: one row a label, its days as one text, which is far less to send than a row for each. */
export async function readDailySums(
  em: EntityManager,
  measures: readonly Measure[],
  { firstDay, endDay }: Days,
): Promise<Contribution[]> {
  if (measures.length === 0) return [];
  const rows = await query<{ measure: Measure; label: string; days: string }>(
    em,
    `select measure, label, string_agg(day || ' ' || count || ' ' || amount, ',') as days
     from rollups where measure in (?) and day >= ? and day < ? group by measure, label`,
    [measures, firstDay, endDay],
  );
  return rows.flatMap(({ measure, label, days }) =>
    days.split(',').map((text) => {
      const [day = '', count = '', amount = ''] = text.split(' ');
      return { measure, day, label, count: BigInt(count), amount: BigInt(amount) };
    }),
  );
}

/** The sums of all the days together, told as of the first one: one row a measure, its labels as one text. */
export async function readTotalSums(
  em: EntityManager,
  measures: readonly Measure[],
  { firstDay, endDay }: Days,
): Promise<Contribution[]> {
  if (measures.length === 0) return [];
  const rows = await query<{ measure: Measure; labels: string }>(
    em,
    `select measure, string_agg(label || ' ' || count || ' ' || amount, ',') as labels from (
       select measure, label, sum(count) as count, sum(amount) as amount
       from rollups where measure in (?) and day >= ? and day < ? group by measure, label) totals
     group by measure`,
    [measures, firstDay, endDay],
  );
  return rows.flatMap(({ measure, labels }) =>
    labels.split(',').map((text) => {
      const [label = '', count = '', amount = ''] = text.split(' ');
      return { measure, day: firstDay, label, count: BigInt(count), amount: BigInt(amount) };
    }),
  );
}
