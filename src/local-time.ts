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
