import { DomainError, OverloadedError } from '../errors.js';
import type { TransactionOutcome } from '../operations/command.js';
import type { Settled } from '../operations/commit-batch.js';

/** What may become of a command; a refusal that is recorded is a refusal all the same. */
export const outcomes = ['done', 'replayed', 'refused', 'overloaded', 'fault'] as const;
export type Outcome = (typeof outcomes)[number];

export function outcomeOf(settled: Settled): Outcome {
  if ('error' in settled) {
    if (settled.error instanceof DomainError) return 'refused';
    return settled.error instanceof OverloadedError ? 'overloaded' : 'fault';
  }
  const { replayed, refusal } = settled.value as Partial<TransactionOutcome>;
  if (replayed) return 'replayed';
  return refusal ? 'refused' : 'done';
}
