import { DomainError } from '../errors.js';
import type { Command } from '../operations/command.js';
import type { Context } from './context.js';
import { createLoaders } from './loaders.js';
import { outcomeOf } from './outcome.js';
import { toUserError, type UserErrorType } from './user-error.type.js';

/** Tells what became of it in a payload; a refusal becomes a `userErrors` entry. */
export async function answer<Result, P extends { userErrors: readonly UserErrorType[] }>(
  payload: P,
  asked: Promise<Result>,
  tell: (payload: P, result: Result) => void,
): Promise<P> {
  try {
    tell(payload, await asked);
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    payload.userErrors = [toUserError(error)];
  }
  return payload;
}

/**
 * Runs a command through the commit queue and tells its outcome in a payload. A refusal becomes a `userErrors` entry;
 * anything else is thrown on, since it is no answer to what was asked.
 */
export async function submit<Outcome, P extends { userErrors: readonly UserErrorType[] }>(
  context: Context,
  payload: P,
  command: () => Command<Outcome> | Promise<Command<Outcome>>,
  tell: (payload: P, outcome: Outcome) => void,
): Promise<P> {
  const ask = async () => context.queue.submit(await command());
  await answer(payload, ask(), tell);
  noteOutcomes(context, [payload]);
  return payload;
}

/** Notes what became of commands for the log and for whoever counts; what was loaded before them may have changed. */
export function noteOutcomes(
  context: Context,
  payloads: ReadonlyArray<{ readonly userErrors: readonly UserErrorType[] }>,
): void {
  for (const payload of payloads) {
    context.outcomes.push(outcomeOf(payload));
    for (const { code } of payload.userErrors) context.observer?.onRefusal?.(code);
  }
  context.loaders = createLoaders(context.orm, context.principal);
}
