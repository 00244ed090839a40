import { addToDate, type CalendarUnit, localDate, startOfLocalDate, startOfUnit } from '../local-time.js';
import type { Span } from '../rollups/spans.js';

/** A day, ISO week or month of a time zone, cut off where the span that it is a part of begins and ends. */
export interface Bucket extends Span {
  /** Its first date, also where it is cut off. */
  readonly date: string;
}

/** The days, weeks or months that a span touches, in order and without a gap. */
export function bucketsOf({ from, to }: Span, unit: CalendarUnit, timeZone: string): Bucket[] {
  const buckets: Bucket[] = [];
  let date = startOfUnit(localDate(from, timeZone), unit);
  let start = from;
  while (start < to) {
    const next = addToDate(date, 1, unit);
    const nextStart = startOfLocalDate(next, timeZone);
    const end = nextStart < to ? nextStart : to;
    // A date that a time zone skipped has no length.
    if (start < end) buckets.push({ date, from: start, to: end });
    date = next;
    start = end;
  }
  return buckets;
}
