import type { EntityManager, MikroORM } from '@mikro-orm/core';
import { dialectOf, query } from '../db/dialect.js';
import type { FraudSettings } from '../fraud/assess.js';
import type { CalendarUnit } from '../local-time.js';
import { measures } from '../rollups/contributions.js';
import { gather } from '../rollups/gather.js';
import type { Span } from '../rollups/spans.js';
import { type Figure, type FraudFigures, fraudFigures } from './fraud-figures.js';

/** What waits for a review, whenever it was made. */
export interface HeldNow extends Figure {
  readonly oldestAgeSeconds: number | null;
}

export interface FraudStatistics extends FraudFigures {
  readonly heldNow: HeldNow;
  readonly timeZone: string;
  readonly asOf: Date;
}

/** What the rules found in a span of time, and what became of it. */
export async function fraudStatistics(
  orm: MikroORM,
  now: Date,
  span: Span,
  unit: CalendarUnit,
  settings: FraudSettings,
): Promise<FraudStatistics> {
  const { outcome, score, flag, pair, reviewSeconds } = measures;
  const wanted = { daily: [outcome], total: [score, flag, pair, reviewSeconds] };
  const { contributions, timeZone, asOf, also } = await gather(orm, now, span, wanted, (em) =>
    loadHeldNow(em, now),
  );
  return { ...fraudFigures(contributions, span, unit, timeZone, settings), heldNow: also, timeZone, asOf };
}

/** Straight from the rows that wait, which have an index of their own. */
async function loadHeldNow(em: EntityManager, now: Date): Promise<HeldNow> {
  const { millis } = dialectOf(em);
  const [row] = await query<{
    count: number | string;
    amount: number | string;
    oldest: number | string | null;
  }>(
    em,
    `select count(*) as count, coalesce(sum(base_amount), 0) as amount, ${millis('min(created_at)')} as oldest
     from transactions where status = 'PENDING'`,
    [],
  );
  if (!row) throw new Error('an aggregate has one row');
  return {
    count: BigInt(row.count),
    amount: BigInt(row.amount),
    oldestAgeSeconds:
      row.oldest === null ? null : Math.max(0, Math.floor((now.getTime() - Number(row.oldest)) / 1000)),
  };
}
