import { inputError } from '../errors.js';
import { type EventType, eventTypes } from '../events/event.js';

const DESCRIPTION_LENGTH_MAX = 500;

export function checkDescription(text: string | null | undefined): string | null {
  if (text == null) return null;
  const length = [...text].length;
  if (length > DESCRIPTION_LENGTH_MAX || /\p{Cc}/u.test(text) || !text.isWellFormed()) {
    const message = `description must have at most ${DESCRIPTION_LENGTH_MAX} characters and no control characters.`;
    throw inputError('INVALID_WEBHOOK_DESCRIPTION', message, ['input', 'description']);
  }
  return text;
}

/** The types that an endpoint wants, each once, in the log's own order. */
export function checkEventTypes(types: readonly EventType[]): readonly EventType[] {
  if (types.length === 0)
    throw inputError('INVALID_EVENT_TYPES', 'eventTypes must name at least one type.', [
      'input',
      'eventTypes',
    ]);
  return eventTypes.filter((type) => types.includes(type));
}
