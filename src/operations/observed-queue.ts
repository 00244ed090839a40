import type { Command } from './command.js';
import type { CommandObserver } from './command-observer.js';
import { CommitQueue, type CommitQueueLimits } from './commit-queue.js';

type Commit = ConstructorParameters<typeof CommitQueue>[0];

/** A commit queue that tells of each command when it comes and how it ended, turned away ones included. */
export class ObservedQueue extends CommitQueue {
  constructor(
    commit: Commit,
    limits: CommitQueueLimits,
    private readonly onCommand: NonNullable<CommandObserver['onCommand']>,
  ) {
    super(commit, limits);
  }

  override async submit<Outcome>(command: Command<Outcome>): Promise<Outcome> {
    const tell = this.onCommand(command);
    try {
      const value = await super.submit(command);
      tell({ value });
      return value;
    } catch (error) {
      tell({ error });
      throw error;
    }
  }

  override async submitAll<Outcome>(
    commands: ReadonlyArray<Command<Outcome>>,
  ): Promise<Array<PromiseSettledResult<Outcome>>> {
    const tells = commands.map((command) => this.onCommand(command));
    try {
      const settled = await super.submitAll(commands);
      for (const [index, one] of settled.entries()) {
        tells[index]?.(one.status === 'fulfilled' ? { value: one.value } : { error: one.reason });
      }
      return settled;
    } catch (error) {
      for (const tell of tells) tell({ error });
      throw error;
    }
  }
}
