import { addToDate, localDate, startOfLocalDate } from '../local-time.js';

/** The local date of an instant. */
export type DayOf = (at: Date) => string;

/** Tells local dates in a time zone; events mostly come day by day, so the last day that was asked for is remembered. */
export function createDayOf(timeZone: string): DayOf {
  let day = '';
  let start = Number.POSITIVE_INFINITY;
  let end = 0;
  return (at) => {
    const time = at.getTime();
    if (time >= start && time < end) return day;
    day = localDate(at, timeZone);
    start = startOfLocalDate(day, timeZone).getTime();
    end = startOfLocalDate(addToDate(day, 1, 'DAY'), timeZone).getTime();
    return day;
  };
}
