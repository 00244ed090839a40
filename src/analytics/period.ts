import { DAY_MS } from '../local-time.js';

/** Instants from `from`, inclusive, to `to`, exclusive. */
export interface Period {
  readonly from: Date;
  readonly to: Date;
}

/** What analytics are configured by. */
export interface AnalyticsSettings {
  /** The longest period that can be asked for, in days of 24 hours. */
  readonly rangeDaysMax: number;
}

/** Why a period cannot be asked for, if so: an answer's size and cost grow with it. */
export function findPeriodProblem(
  { from, to }: Period,
  { rangeDaysMax }: AnalyticsSettings,
): string | undefined {
  const length = to.getTime() - from.getTime();
  if (length <= 0) return 'from must be before to.';
  if (length <= rangeDaysMax * DAY_MS) return undefined;
  return `From from to to are ${Math.ceil(length / DAY_MS)} days; at most ${rangeDaysMax} can be asked for at once.`;
}

/** The period of equal length just before. It does not begin before 1970, when there was nothing yet. */
export function previousPeriod({ from, to }: Period): Period {
  return { from: new Date(Math.max(0, 2 * from.getTime() - to.getTime())), to: from };
}
