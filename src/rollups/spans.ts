import { addToDate, localDate, startOfLocalDate } from '../local-time.js';

/** A span of time: from an instant on, up to and without another. */
export interface Span {
  readonly from: Date;
  readonly to: Date;
}

/** A part of one local day. */
export interface PartOfDay extends Span {
  readonly day: string;
}

/** A span as whole local days and what is left over at its edges: at most a part of its first day and one of its last. */
export interface DividedSpan {
  /** The first whole day, and the day after the last; equal when there is none. */
  readonly firstDay: string;
  readonly endDay: string;
  readonly edges: readonly PartOfDay[];
}

export function divideSpan({ from, to }: Span, timeZone: string): DividedSpan {
  const startOf = (day: string) => startOfLocalDate(day, timeZone);
  const first = localDate(from, timeZone);
  const last = localDate(to, timeZone);
  const begunBefore = startOf(first) < from;
  if (begunBefore && first === last)
    return { firstDay: first, endDay: first, edges: [{ day: first, from, to }] };
  const firstDay = begunBefore ? addToDate(first, 1, 'DAY') : first;
  const edges = [
    { day: first, from, to: startOf(firstDay) },
    { day: last, from: startOf(last), to },
  ];
  return { firstDay, endDay: last, edges: edges.filter((edge) => edge.from < edge.to) };
}
