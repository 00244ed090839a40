import { inputError } from '../errors.js';
import { type Scope, scopes } from './scopes.js';

const NAME_LENGTH_MAX = 100;

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
