import { DateTime, IANAZone } from 'luxon';

/** Whether `name` is an IANA time zone that this server knows; offsets such as `+08:00` are not. */
export function isTimeZone(name: string): boolean {
  return /^[A-Za-z]/.test(name) && IANAZone.isValidZone(name);
}

/** The hour, 0 to 23, that a clock on the wall in `timeZone` shows at an instant. */
export function localHour(at: Date, timeZone: string): number {
  return DateTime.fromJSDate(at, { zone: timeZone }).hour;
}

/** More names than there are time zones; some have several. */
const REMEMBERED_MAX = 1_000;
/** For each time zone the local day that was asked for last: its first instant and the next day's. */
const days = new Map<string, readonly [number, number]>();

/** The first instant of the local day that `at` falls into; where midnight is skipped, the first instant after it. */
export function startOfLocalDay(at: Date, timeZone: string): Date {
  const known = days.get(timeZone);
  const ms = at.getTime();
  if (known && ms >= known[0] && ms < known[1]) return new Date(known[0]);
  const midnight = DateTime.fromJSDate(at, { zone: timeZone }).startOf('day');
  const day = [firstOf(midnight), firstOf(midnight.plus({ days: 1 }).startOf('day'))] as const;
  if (days.size >= REMEMBERED_MAX) days.clear();
  days.set(timeZone, day);
  return new Date(day[0]);
}

/** Where clocks go back over midnight it comes twice, and the day begins with the first. */
function firstOf(midnight: DateTime): number {
  const [first = midnight] = midnight.getPossibleOffsets();
  return first.toMillis();
}

export const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

/** Instants from `since` on, up to `until`, at which a zone's clocks are `offset` milliseconds ahead of UTC. */
interface Stretch {
  readonly since: number;
  readonly until: number;
  readonly offset: number;
}

/**
 * The clock on the wall of a time zone over an interval, in milliseconds since 1970. When it changes is looked up once;
 * every hour and day after that is plain arithmetic, so that a year of rows costs next to nothing.
 */
export class WallClock {
  readonly #stretches: readonly Stretch[];

  constructor(timeZone: string, from: number, to: number) {
    this.#stretches = stretchesOf(timeZone, from, to);
  }

  /** The hour, 0 to 23, that it shows. */
  hourOf(at: number): number {
    const local = this.#localOf(at);
    return Math.floor((local - Math.floor(local / DAY_MS) * DAY_MS) / HOUR_MS);
  }

  /** The date that it shows, as the number of days since 1970-01-01. */
  dayOf(at: number): number {
    return Math.floor(this.#localOf(at) / DAY_MS);
  }

  /** The first instant of a date: the first of two midnights, or the first instant after a skipped one. */
  startOf(day: number): number {
    const midnight = day * DAY_MS;
    const { since, offset } = this.#find(({ until, offset }) => midnight - offset < until);
    return Math.max(since, midnight - offset);
  }

  #localOf(at: number): number {
    return at + this.#find(({ until }) => at < until).offset;
  }

  #find(isRight: (stretch: Stretch) => boolean): Stretch {
    return this.#stretches.find(isRight) as Stretch;
  }
}

/** Looks at the offset once a day, and where it has changed, finds the instant by halving. */
function stretchesOf(timeZone: string, from: number, to: number): Stretch[] {
  const zone = IANAZone.create(timeZone);
  const offsetAt = (at: number) => Math.round(zone.offset(at) * 60_000);
  const stretches: Stretch[] = [];
  let since = Number.NEGATIVE_INFINITY;
  let offset = offsetAt(from);
  for (let at = from; at < to; at += DAY_MS) {
    const next = offsetAt(at + DAY_MS);
    if (next === offset) continue;
    let [before, after] = [at, at + DAY_MS];
    while (after - before > 1) {
      const middle = Math.floor((before + after) / 2);
      if (offsetAt(middle) === offset) before = middle;
      else after = middle;
    }
    stretches.push({ since, until: after, offset });
    [since, offset] = [after, next];
  }
  return [...stretches, { since, until: Number.POSITIVE_INFINITY, offset }];
}

export const calendarUnits = ['DAY', 'WEEK', 'MONTH'] as const;
export type CalendarUnit = (typeof calendarUnits)[number];

/** The first date of the unit that a date falls into, in days since 1970-01-01; weeks are ISO 8601's and begin on Monday. */
export function firstDayOf(unit: CalendarUnit, day: number): number {
  if (unit === 'MONTH') return firstOfMonth(day, 0);
  // 1970-01-01 was a Thursday.
  return unit === 'WEEK' ? day - ((((day + 3) % 7) + 7) % 7) : day;
}

/** The first date of the unit after that. */
export function firstDayAfter(unit: CalendarUnit, day: number): number {
  if (unit === 'MONTH') return firstOfMonth(day, 1);
  return firstDayOf(unit, day) + (unit === 'WEEK' ? 7 : 1);
}

/** The first date of a date's month, or of one so many months later. */
export function firstOfMonth(day: number, monthsLater: number): number {
  const date = new Date(day * DAY_MS);
  return date.setUTCMonth(date.getUTCMonth() + monthsLater, 1) / DAY_MS;
}

/** A date written as `2026-01-31`. */
export function formatDay(day: number): string {
  return new Date(day * DAY_MS).toISOString().slice(0, 10);
}

/** Reads a date written as `2026-01-31`; undefined when there is no such date. */
export function parseDay(text: string): number | undefined {
  const day = /^\d{4}-\d\d-\d\d$/.test(text) ? Date.parse(`${text}T00:00:00Z`) / DAY_MS : Number.NaN;
  return Number.isInteger(day) && formatDay(day) === text ? day : undefined;
}

/** The date, `2026-03-10`, so many units later; a calendar's date, whatever the clocks do on it. Months count from the first. */
export function addToDate(date: string, count: number, unit: CalendarUnit): string {
  const day = parseDay(date) as number;
  if (unit === 'MONTH') return formatDay(firstOfMonth(day, count));
  return formatDay(day + count * (unit === 'WEEK' ? 7 : 1));
}

/** The first date of the day, ISO week or month that a date is in. */
export function startOfUnit(date: string, unit: CalendarUnit): string {
  return unit === 'DAY' ? date : formatDay(firstDayOf(unit, parseDay(date) as number));
}

/** Beginnings of dates that were asked for before: finding one takes far longer than remembering it. */
const beginnings = new Map<string, number>();
const BEGINNINGS_MAX = 10_000;

/** The first instant of a date in `timeZone`; of a date that is skipped there, the first instant after it. */
export function startOfLocalDate(date: string, timeZone: string): Date {
  const key = `${date} ${timeZone}`;
  const known = beginnings.get(key);
  if (known !== undefined) return new Date(known);
  const start = startOfLocalDay(DateTime.fromISO(date, { zone: timeZone }).toJSDate(), timeZone);
  if (beginnings.size >= BEGINNINGS_MAX) beginnings.clear();
  beginnings.set(key, start.getTime());
  return start;
}

/** The date whose local day, as `startOfLocalDay` cuts days, an instant falls into. */
export function localDate(at: Date, timeZone: string): string {
  const date = DateTime.fromJSDate(at, { zone: timeZone }).toISODate() as string;
  // Where clocks go back over midnight, the hour before it comes again after the next day has begun.
  const next = addToDate(date, 1, 'DAY');
  return at >= startOfLocalDate(next, timeZone) ? next : date;
}
