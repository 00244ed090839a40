import type { EntityManager, MikroORM } from '@mikro-orm/core';
import type { Clock } from '../clock.js';
import { isConnectionLoss, isTransient } from '../db/failures.js';
import { inTransaction } from '../db/transaction.js';
import { DomainError, OverloadedError } from '../errors.js';
import { appendEvents } from '../events/append.js';
import { Event, type EventRow } from '../events/event.js';
import { newId } from '../ids.js';
import { ActivitySums } from '../ledger/activity.js';
import { Posting } from '../ledger/posting.js';
import { revisable, Transaction } from '../ledger/transaction.js';
import { User } from '../ledger/user.js';
import { type Appendices, applyChange } from './apply-change.js';
import type { Command, Decision } from './command.js';
import type { CommandObserver, TellAttempt } from './command-observer.js';
import { storedActivityOf } from './load-activity.js';
import { type LoadedState, loadState, lockUsers } from './load-state.js';
import type { Settings } from './settings.js';

const ATTEMPTS_MAX = 3;
const RETRY_DELAY_MS = 20;

/** What of a user ever changes. */
const CHANGING = ['posted', 'held', 'version', 'status', 'updatedAt'];

export type AnyCommand = Command<unknown>;

/** What became of one command: a value to be told, or the error to be thrown to its caller. */
export type Settled = { readonly value: unknown } | { readonly error: unknown };

export interface CommitDependencies {
  readonly orm: MikroORM;
  readonly clock: Clock;
  readonly settings: Settings;
  /** Told of the events of each committed batch, in order. */
  readonly onCommitted: (events: readonly EventRow[]) => void;
  /** Told of errors that no caller is to see: faults of a decision, failed attempts. */
  readonly onFault: (error: unknown, context: { readonly operations: readonly string[] }) => void;
  /** Runs inside each batch's transaction, last before the commit; wakes the other servers' tails. */
  readonly announce: (em: EntityManager, events: readonly EventRow[]) => Promise<void>;
  readonly onAttempt?: CommandObserver['onAttempt'] | undefined;
}

/** A batch whose commit was sent but not confirmed: what it would have told, and an event that proves it. */
interface Unconfirmed {
  readonly settled: readonly Settled[];
  readonly proof: EventRow;
}

/**
 * Decides commands in order and commits them together, in one database transaction. A command that is refused or faulty
 * disturbs no other. A batch that fails as a whole runs again on a fresh fork; one that goes on failing is taken apart,
 * so that only the culprit fails. When the answer to a commit is lost, the event log tells whether it happened.
 */
export async function commitBatch(
  commands: readonly AnyCommand[],
  dependencies: CommitDependencies,
): Promise<readonly Settled[]> {
  let unconfirmed: Unconfirmed | undefined;
  let failure: unknown;
  const onCommitting = (sent: Unconfirmed) => {
    unconfirmed = sent;
  };
  for (let attempt = 1; attempt <= ATTEMPTS_MAX; attempt += 1) {
    const tell = dependencies.onAttempt?.(commands, attempt);
    try {
      return await attemptBatch(commands, dependencies, unconfirmed, onCommitting, tell);
    } catch (error) {
      failure = error;
      tell?.('failed');
      dependencies.onFault(error, { operations: commands.map(({ operation }) => operation) });
      if (!isTransient(error)) break;
      await new Promise((resolve) => setTimeout(resolve, RETRY_DELAY_MS * attempt * Math.random()));
    }
  }
  if (unconfirmed || isConnectionLoss(failure))
    return commands.map(() => ({ error: unavailable(unconfirmed) }));
  if (commands.length === 1) return [{ error: failure }];
  const settled: Settled[] = [];
  for (const command of commands) settled.push(...(await commitBatch([command], dependencies)));
  return settled;
}

function unavailable(unconfirmed: Unconfirmed | undefined): OverloadedError {
  return new OverloadedError(
    unconfirmed
      ? 'The database stopped answering while this was committed: call again with the same idempotencyKey to learn its outcome.'
      : 'The database does not answer; nothing was done. Call again later.',
  );
}

async function attemptBatch(
  commands: readonly AnyCommand[],
  dependencies: CommitDependencies,
  unconfirmed: Unconfirmed | undefined,
  onCommitting: (sent: Unconfirmed) => void,
  tell?: TellAttempt,
): Promise<readonly Settled[]> {
  const em = dependencies.orm.em.fork();
  let events: readonly EventRow[] = [];
  const settled = await inTransaction(em, async () => {
    const users = await lockUsers(em, commands);
    tell?.('lock');
    const loaded = await loadState(em, commands, users, dependencies.clock.now(), dependencies.settings);
    tell?.('load');
    // With the locks held, a commit that was still under way has ended, so that its events are there or never will be.
    // A user who was only being created has no lock: looked for last, such a commit is found if anything loaded shows it.
    if (unconfirmed && (await isCommitted(em, unconfirmed.proof))) return unconfirmed.settled;
    const { settled, appendices } = decideAll(em, commands, loaded, dependencies);
    tell?.('decide');
    events = await write(em, appendices, loaded, dependencies);
    tell?.('write');
    if (events[0]) onCommitting({ settled, proof: events[0] });
    return settled;
  });
  tell?.('commit', events);
  dependencies.onCommitted(events);
  return settled;
}

function decideAll(
  em: EntityManager,
  commands: readonly AnyCommand[],
  { states, instants }: LoadedState,
  dependencies: CommitDependencies,
): { readonly settled: readonly Settled[]; readonly appendices: Appendices } {
  const { settings, onFault } = dependencies;
  const appendices: Appendices = {
    transactions: [],
    postings: [],
    drafts: [],
    users: new Set(),
    revised: new Set(),
    entities: false,
  };
  const settled = commands.map((command): Settled => {
    const state = states.get(command.userId);
    const now = instants.get(command.userId);
    if (!state || !now) throw new Error('the state of a command was not loaded');
    const moment = { now, newId: () => newId(now), settings };
    let decision: Decision<unknown>;
    try {
      decision = command.decide(state, moment);
    } catch (error) {
      if (!(error instanceof DomainError)) onFault(error, { operations: [command.operation] });
      return { error };
    }
    // Deciding changes nothing, so whoever fails there fails alone. Whatever fails from here on fails the whole batch,
    // which starts again from what is stored: nothing half applied is ever committed.
    if (decision.change) applyChange(em, state, decision.change, moment, appendices);
    return { value: decision.outcome() };
  });
  return { settled, appendices };
}

/**
 * Writes what was decided, the events last: all in one statement, but for a batch that makes users, which leaves its entities
 * to the unit of work.
 */
async function write(
  em: EntityManager,
  { transactions, postings, drafts, users, revised, entities }: Appendices,
  { states }: LoadedState,
  { announce, settings }: CommitDependencies,
): Promise<readonly EventRow[]> {
  if (drafts.length === 0) return [];
  if (entities) await em.flush();
  const sums = [...states].flatMap(
    ([userId, { activity }]) => storedActivityOf(userId, activity, settings) ?? [],
  );
  const events = await appendEvents(em, drafts, [
    { entity: Transaction, mode: 'insert', rows: transactions },
    {
      entity: Transaction,
      mode: 'update',
      set: revisable,
      rows: entities ? [] : [...revised],
    },
    { entity: Posting, mode: 'insert', rows: postings },
    { entity: ActivitySums, mode: 'upsert', rows: sums },
    { entity: User, mode: 'update', set: CHANGING, rows: entities ? [] : [...users] },
  ]);
  await announce(em, events);
  return events;
}

async function isCommitted(em: EntityManager, { position, hash }: EventRow): Promise<boolean> {
  return (await em.count(Event, { position, hash })) === 1;
}
