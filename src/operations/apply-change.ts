import type { EntityManager } from '@mikro-orm/core';
import type { Draft } from '../events/append.js';
import { writePayload } from '../events/payload.js';
import type { Posting } from '../ledger/posting.js';
import type { TransactionRow } from '../ledger/transaction.js';
import type { User } from '../ledger/user.js';
import type { Change, Moment } from './command.js';
import type { UserState } from './user-state.js';

export type PostingRow = { -readonly [K in keyof Posting as K extends symbol ? never : K]: Posting[K] };

/** What a batch is going to append once all its commands are decided. */
export interface Appendices {
  readonly transactions: TransactionRow[];
  readonly postings: PostingRow[];
  readonly drafts: Draft[];
  /** The users and the transactions whose rows changed. */
  readonly users: Set<User>;
  readonly revised: Set<TransactionRow>;
  /** Whether a user is new: then the unit of work writes all entities. */
  entities: boolean;
}

/**
 * Carries out a decision in memory, so that the batch's later commands see it: the user and stored transactions change
 * as entities of the unit of work, what is new is gathered to be appended.
 */
export function applyChange(
  em: EntityManager,
  state: UserState,
  change: Change,
  moment: Moment,
  appendices: Appendices,
): void {
  const { postedChange = 0n, heldChange = 0n, created, about } = change;
  if (change.createdUser) {
    em.persist(change.createdUser);
    appendices.entities = true;
    state.user = change.createdUser;
    (state.emailKeys as Set<string>).add(change.createdUser.emailKey);
  }
  const user = state.user as User;
  checkBalance(user, postedChange, heldChange);
  if (postedChange !== 0n || heldChange !== 0n) {
    user.posted += postedChange;
    user.held += heldChange;
    user.version += 1;
  }
  if (change.userStatus) user.status = change.userStatus;
  user.updatedAt = moment.now;
  appendices.users.add(user);
  for (const [transaction, revision] of change.revised ?? []) {
    state.revise(transaction, revision);
    appendices.revised.add(transaction);
  }
  if (created) {
    appendices.transactions.push(created);
    state.remember(created);
    state.noteCreated(created);
  }
  for (const movement of change.movements ?? []) {
    const transactionId = (about as TransactionRow).id;
    appendices.postings.push({
      id: moment.newId(),
      transactionId,
      userId: user.id,
      ...movement,
      createdAt: moment.now,
    });
  }
  appendices.drafts.push(draftOf(user, change, moment, postedChange, heldChange));
}

/** The last line of defence: a decision that breaks a balance is a fault, found before anything is changed. */
function checkBalance(user: User, postedChange: bigint, heldChange: bigint): void {
  const posted = user.posted + postedChange;
  const held = user.held + heldChange;
  if (held < 0n || posted < held)
    throw new Error(`a decision would leave user ${user.id} with a broken balance`);
}

function draftOf(
  user: User,
  change: Change,
  moment: Moment,
  postedChange: bigint,
  heldChange: bigint,
): Draft {
  const { about, userStatus, createdUser, actor, reason } = change;
  const status = createdUser?.status ?? userStatus;
  const { currency, posted, held, version } = user;
  return {
    userId: user.id,
    version,
    type: change.event,
    transactionId: about?.id ?? null,
    occurredAt: moment.now,
    payload: writePayload({
      balance: { currency, posted, held, version },
      ...((postedChange !== 0n || heldChange !== 0n) && {
        change: { posted: postedChange, held: heldChange },
      }),
      ...(about && { transaction: { ...about } }),
      ...(status && { userStatus: status }),
      ...(actor && { actor }),
      ...(reason && { reason }),
    }),
  };
}
