import { inputError } from './errors.js';

const OVERLAP_HOURS_MAX = 168;
const HOUR_MS = 3_600_000;

/** Milliseconds for which what a rotation replaces goes on being good beside what replaces it. */
export function checkOverlap(hours: number): number {
  if (hours < 0 || hours > OVERLAP_HOURS_MAX) {
    const message = `overlapHours must be from 0 to ${OVERLAP_HOURS_MAX}.`;
    throw inputError('INVALID_SECRET_OVERLAP', message, ['input', 'overlapHours']);
  }
  return hours * HOUR_MS;
}
