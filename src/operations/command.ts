import type { DomainError } from '../errors.js';
import type { EventType } from '../events/event.js';
import type { Movement } from '../ledger/posting.js';
import type { Revision, TransactionRow, TransactionType } from '../ledger/transaction.js';
import type { User } from '../ledger/user.js';
import type { Settings } from './settings.js';
import type { UserState } from './user-state.js';

/** What identifies "one just like it" for the duplicate rule. */
export interface Likeness {
  readonly type: TransactionType;
  readonly amount: bigint;
  readonly currency: string;
  readonly merchantName: string | null;
}

/** What a command needs loaded, besides its user, before it can be decided. */
export interface Needs {
  readonly idempotencyKey?: string;
  readonly transactionId?: string;
  /** The user's recent activity, and when the newest transaction like this one was made. */
  readonly likeness?: Likeness;
  readonly emailKey?: string;
}

/** When and by what a command is decided: all that a pure decision may not fetch itself. */
export interface Moment {
  /** Not before the user's last change, so that a user's instants ascend with its versions on any server. */
  readonly now: Date;
  readonly newId: () => string;
  readonly settings: Settings;
}

/** What is to change, all of it in one database transaction. */
export interface Change {
  readonly event: EventType;
  readonly createdUser?: User;
  readonly userStatus?: User['status'];
  /** A new transaction. */
  readonly created?: TransactionRow;
  readonly revised?: ReadonlyArray<readonly [TransactionRow, Revision]>;
  /** The transaction that the event is about. */
  readonly about?: TransactionRow;
  readonly postedChange?: bigint;
  readonly heldChange?: bigint;
  readonly movements?: readonly Movement[];
  /** Why, for a change of a user's status. */
  readonly reason?: string;
  /** Who asked, for actions of people rather than of the user. */
  readonly actor?: string;
}

export interface Decision<Outcome> {
  readonly change?: Change;
  /** What the caller is told, read once the change is applied. */
  readonly outcome: () => Outcome;
}

/** What is asked. Its decision is pure: it looks at the state and returns what changes, or throws a `DomainError`. */
export interface Command<Outcome> {
  readonly operation: string;
  readonly userId: string;
  readonly needs: Needs;
  readonly decide: (state: UserState, moment: Moment) => Decision<Outcome>;
}

/** What became of a command about a transaction. */
export interface TransactionOutcome {
  readonly transaction: TransactionRow;
  /** Whether this is the first outcome of an earlier call with the same key. */
  readonly replayed: boolean;
  /** Why what was asked was not done, when the attempt is recorded. */
  readonly refusal: DomainError | undefined;
}

export interface UserOutcome {
  readonly user: User;
}
