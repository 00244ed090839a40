import type { EventRow } from '../events/event.js';
import type { AnyCommand, Settled } from './commit-batch.js';

/** The parts of a batch's transaction, in their order. The first lasts from asking for it until the users are locked. */
export const phases = ['lock', 'load', 'decide', 'write', 'commit'] as const;
export type Phase = (typeof phases)[number];

/** What the way of a command tells whoever measures it; without one, nothing is measured. */
export interface CommandObserver {
  /** A command is submitted; what it returns is told how it ended. */
  readonly onCommand?: (command: AnyCommand) => (settled: Settled) => void;
  /** A batch is attempted, for the first time or again; what it returns is told how far it got. */
  readonly onAttempt?: (commands: readonly AnyCommand[], attempt: number) => TellAttempt;
}

/** Told of each phase that is over, of the events with the last one, or that the attempt failed. */
export type TellAttempt = (over: Phase | 'failed', events?: readonly EventRow[]) => void;
