import { inputError } from '../errors.js';
import { type Scope, scopes } from './scopes.js';

const NAME_LENGTH_MAX = 100;
const OVERLAP_HOURS_MAX = 168;
const HOUR_MS = 3_600_000;

export function checkKeyName(name: string): string {
  const length = [...name].length;
  if (name.trim() === '' || length > NAME_LENGTH_MAX || /\p{Cc}/u.test(name) || !name.isWellFormed()) {
    const message = `name must have 1 to ${NAME_LENGTH_MAX} characters and no control characters.`;
    throw inputError('INVALID_KEY_NAME', message, ['input', 'name']);
  }
  return name;
}

/** The scopes of a key, each once; none that whoever makes it does not have. */
export function checkScopes(asked: readonly Scope[], held: ReadonlySet<Scope>): readonly Scope[] {
  const path = ['input', 'scopes'];
  if (asked.length === 0) throw inputError('INVALID_SCOPES', 'scopes must name at least one scope.', path);
  const missing = asked.find((scope) => !held.has(scope));
  if (missing)
    throw inputError('SCOPE_NOT_HELD', `You cannot hand on ${missing}, for you do not have it.`, path);
  return scopes.filter((scope) => asked.includes(scope));
}

/** Milliseconds for which the key before goes on being recognised. */
export function checkKeyOverlap(hours: number): number {
  if (hours < 0 || hours > OVERLAP_HOURS_MAX) {
    const message = `overlapHours must be from 0 to ${OVERLAP_HOURS_MAX}.`;
    throw inputError('INVALID_SECRET_OVERLAP', message, ['input', 'overlapHours']);
  }
  return hours * HOUR_MS;
}
