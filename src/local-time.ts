import { DateTime, IANAZone } from 'luxon';

/** Whether `name` is an IANA time zone that this server knows; offsets such as `+08:00` are not. */
export function isTimeZone(name: string): boolean {
  return /^[A-Za-z]/.test(name) && IANAZone.isValidZone(name);
}

/** The hour, 0 to 23, that a clock on the wall in `timeZone` shows at an instant. */
export function localHour(at: Date, timeZone: string): number {
  return DateTime.fromJSDate(at, { zone: timeZone }).hour;
}

/** The first instant of the local day that `at` falls into; where midnight is skipped, the first instant after it. */
export function startOfLocalDay(at: Date, timeZone: string): Date {
  const midnight = DateTime.fromJSDate(at, { zone: timeZone }).startOf('day');
  // Where clocks go back over midnight it comes twice, and the day begins with the first.
  const [first = midnight] = midnight.getPossibleOffsets();
  return first.toJSDate();
}

/** The units that a span of time is told in. */
export const calendarUnits = ['DAY', 'WEEK', 'MONTH'] as const;
export type CalendarUnit = (typeof calendarUnits)[number];

const DAY_MS = 86_400_000;
const luxonUnits = { DAY: 'day', WEEK: 'week', MONTH: 'month' } as const;

function calendarDate(date: string): DateTime {
  return DateTime.fromISO(date, { zone: 'utc' });
}

/** The date, `2026-03-10`, so many units later; a calendar's date, whatever the clocks do on it. */
export function addToDate(date: string, count: number, unit: CalendarUnit): string {
  if (unit === 'DAY') {
    const [later] = new Date(Date.parse(`${date}T00:00:00Z`) + count * DAY_MS).toISOString().split('T');
    return later as string;
  }
  return calendarDate(date)
    .plus({ [luxonUnits[unit]]: count })
    .toISODate() as string;
}

/** The first date of the day, ISO week or month that a date is in. */
export function startOfUnit(date: string, unit: CalendarUnit): string {
  return unit === 'DAY' ? date : (calendarDate(date).startOf(luxonUnits[unit]).toISODate() as string);
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
