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
