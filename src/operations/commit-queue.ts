import { OverloadedError } from '../errors.js';
import type { Command } from './command.js';
import type { AnyCommand, Settled } from './commit-batch.js';

export interface CommitQueueLimits {
  /** How many batches are under way at the same time; a user's commands always take the same lane. */
  readonly lanes: number;
  /** How many commands may wait, in all lanes together. */
  readonly queueMax: number;
  /** How many commands one batch takes. */
  readonly batchMax: number;
}

interface Entry {
  readonly command: AnyCommand;
  readonly settle: (settled: Settled) => void;
}

interface Lane {
  waiting: Entry[];
  /** Settles when the lane has nothing left to do; `undefined` while it is idle. */
  running: Promise<void> | undefined;
}

/**
 * Where commands wait together. While a lane's batch commits, its next commands gather, so that a batch grows with the
 * load and is one command long without any: no timer, no fixed delay.
 */
export class CommitQueue {
  readonly #lanes: readonly Lane[];
  #waiting = 0;
  #closed = false;

  constructor(
    private readonly commit: (commands: readonly AnyCommand[]) => Promise<readonly Settled[]>,
    private readonly limits: CommitQueueLimits,
  ) {
    this.#lanes = Array.from({ length: limits.lanes }, () => ({ waiting: [], running: undefined }));
  }

  /** How many commands wait for a batch. */
  get waiting(): number {
    return this.#waiting;
  }

  /** Settles with the command's outcome once it is committed; throws its refusal, or `OverloadedError` at once. */
  async submit<Outcome>(command: Command<Outcome>): Promise<Outcome> {
    this.#makeRoom(1);
    return this.#enter(command);
  }

  /**
   * Lets in all of the commands or, with an `OverloadedError`, none. They come one after the other, so that those of one
   * user are decided in the order given; each settles for itself.
   */
  async submitAll<Outcome>(
    commands: ReadonlyArray<Command<Outcome>>,
  ): Promise<Array<PromiseSettledResult<Outcome>>> {
    this.#makeRoom(commands.length);
    return Promise.allSettled(commands.map((command) => this.#enter(command)));
  }

  #makeRoom(count: number): void {
    if (this.#closed) throw new OverloadedError('The server is shutting down; nothing was done. Call again.');
    if (this.#waiting + count > this.limits.queueMax) {
      throw new OverloadedError(
        'Too many commands are waiting; nothing was done. Call again a little later.',
      );
    }
  }

  #enter<Outcome>(command: Command<Outcome>): Promise<Outcome> {
    const lane = this.#lanes[laneOf(command.userId, this.#lanes.length)] as Lane;
    return new Promise<Outcome>((resolve, reject) => {
      const settle = (settled: Settled) =>
        'error' in settled ? reject(settled.error) : resolve(settled.value as Outcome);
      lane.waiting.push({ command, settle });
      this.#waiting += 1;
      lane.running ??= this.#run(lane);
    });
  }

  /** Takes no more commands, and settles when all that were taken are. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all(this.#lanes.map((lane) => lane.running));
  }

  async #run(lane: Lane): Promise<void> {
    // Requests that arrived together are read in one turn of the event loop: let them all in first.
    await new Promise((resolve) => setImmediate(resolve));
    while (lane.waiting.length > 0) {
      const batch = lane.waiting.splice(0, this.limits.batchMax);
      this.#waiting -= batch.length;
      await this.#commit(batch);
    }
    lane.running = undefined;
  }

  async #commit(batch: readonly Entry[]): Promise<void> {
    try {
      const settled = await this.commit(batch.map((entry) => entry.command));
      for (const [index, entry] of batch.entries()) entry.settle(settled[index] as Settled);
    } catch (error) {
      for (const entry of batch) entry.settle({ error });
    }
  }
}

/** Spreads users over lanes evenly and for good (FNV-1a, 32 bits). */
function laneOf(userId: string, lanes: number): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < userId.length; index += 1) {
    hash = Math.imul(hash ^ userId.charCodeAt(index), 0x01000193) >>> 0;
  }
  return hash % lanes;
}
