import { inputError } from '../errors.js';

type InputCode = Parameters<typeof inputError>[0];

const CONTROL_CHARACTERS = /\p{Cc}/u;
const CATEGORY_PATTERN = /^[a-z][a-z0-9]*(_[a-z0-9]+)*$/;

/** Refuses a text that is blank, too long (in characters), or has control characters or halves of a surrogate pair. */
export function checkText(text: string, lengthMax: number, code: InputCode, path: readonly string[]): string {
  const length = [...text].length;
  if (text.trim() === '') throw inputError(code, `${path.at(-1)} must not be empty.`, path);
  if (length > lengthMax) {
    throw inputError(
      code,
      `${path.at(-1)} has ${length} characters; at most ${lengthMax} are allowed.`,
      path,
    );
  }
  if (CONTROL_CHARACTERS.test(text) || !text.isWellFormed()) {
    throw inputError(code, `${path.at(-1)} must not contain control characters or broken Unicode.`, path);
  }
  return text;
}

/** A merchant category: lower snake case, at most 50 characters, such as `food_and_drink`. */
export function checkCategory(text: string, path: readonly string[]): string {
  if (text.length > 50 || !CATEGORY_PATTERN.test(text)) {
    throw inputError(
      'INVALID_MERCHANT_CATEGORY',
      'merchantCategory must be lower snake case of at most 50 characters, such as food_and_drink.',
      path,
    );
  }
  return text;
}
