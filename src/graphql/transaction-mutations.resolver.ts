import { Arg, Authorized, Ctx, Mutation, Resolver } from 'type-graphql';
import { sees } from '../access/principal.js';
import type { Scope } from '../access/scopes.js';
import { transactionNotFound } from '../operations/check-transaction.js';
import { userNotFound } from '../operations/check-user.js';
import type { Command, TransactionOutcome } from '../operations/command.js';
import { type CreateTransactionInput, createTransaction } from '../operations/create-transaction.js';
import { refund } from '../operations/refund.js';
import { reverseTransaction } from '../operations/reverse-transaction.js';
import { reviewTransaction } from '../operations/review-transaction.js';
import { requireScope } from './authorization.js';
import type { Context } from './context.js';
import {
  CreateTransactionPayload,
  RefundPayload,
  ReverseTransactionPayload,
  ReviewTransactionPayload,
} from './payload.type.js';
import { submit } from './submit.js';
import {
  CreateTransactionInputType,
  RefundInputType,
  ReverseTransactionInputType,
  ReviewTransactionInputType,
} from './transaction.input.js';
import { TransactionObject } from './transaction.type.js';
import { toUserError } from './user-error.type.js';

const INPUT = 'What is asked.';

@Resolver()
export class TransactionMutationsResolver {
  @Authorized<Scope>('transactions:write', 'transactions:credit')
  @Mutation(() => CreateTransactionPayload, {
    description:
      'Makes a purchase, a withdrawal or a top-up. It is scored first; from a score of 60 on (by default) it is `PENDING` until it is reviewed. Attempts that the status, the daily limit or the balance refuses are recorded as `FAILED`.',
  })
  createTransaction(
    @Ctx() context: Context,
    @Arg('input', () => CreateTransactionInputType, { description: INPUT }) input: CreateTransactionInputType,
  ): Promise<CreateTransactionPayload> {
    requireScopeFor(context, input);
    const command = () => commandFor(context, input);
    return submit(context, new CreateTransactionPayload(), command, tellTransaction);
  }

  @Authorized<Scope>('transactions:credit')
  @Mutation(() => RefundPayload, {
    description:
      'Returns the money of a completed purchase, or a part of it. Any number of partial refunds adds up to exactly what was paid.',
  })
  refund(
    @Ctx() context: Context,
    @Arg('input', () => RefundInputType, { description: INPUT }) input: RefundInputType,
  ): Promise<RefundPayload> {
    const command = forOwner(context, input.transactionId, (userId) => refund(input, userId));
    return submit(context, new RefundPayload(), command, tellTransaction);
  }

  @Authorized<Scope>('transactions:review')
  @Mutation(() => ReviewTransactionPayload, {
    description: 'Approves or rejects a `PENDING` transaction, once and for all.',
  })
  reviewTransaction(
    @Ctx() context: Context,
    @Arg('input', () => ReviewTransactionInputType, { description: INPUT }) input: ReviewTransactionInputType,
  ): Promise<ReviewTransactionPayload> {
    const { id } = context.principal;
    const command = forOwner(context, input.transactionId, (userId) => reviewTransaction(input, userId, id));
    return submit(context, new ReviewTransactionPayload(), command, (payload, { transaction }) => {
      payload.transaction = new TransactionObject(transaction);
    });
  }

  @Authorized<Scope>('transactions:reverse')
  @Mutation(() => ReverseTransactionPayload, {
    description: 'Undoes a `COMPLETED` transaction by opposite postings, for what was not refunded.',
  })
  reverseTransaction(
    @Ctx() context: Context,
    @Arg('input', () => ReverseTransactionInputType, { description: INPUT })
    input: ReverseTransactionInputType,
  ): Promise<ReverseTransactionPayload> {
    const { id } = context.principal;
    const command = forOwner(context, input.transactionId, (userId) => reverseTransaction(input, userId, id));
    return submit(context, new ReverseTransactionPayload(), command, tellTransaction);
  }
}

/** Money comes in by another scope than it is spent by. */
export function requireScopeFor({ principal }: Context, { type }: CreateTransactionInput): void {
  requireScope(principal, type === 'TOP_UP' ? 'transactions:credit' : 'transactions:write', `A ${type}`);
}

/** What is wrong with the input is told before whose it is. */
export function commandFor(
  { principal, settings }: Context,
  input: CreateTransactionInput,
): Command<TransactionOutcome> {
  const asked = createTransaction(input, settings);
  if (!sees(principal, input.userId)) throw userNotFound(input.userId, ['input', 'userId']);
  return asked;
}

/** A command about a transaction waits for the lock of the user whose it is. */
function forOwner<Outcome>(
  { loaders }: Context,
  transactionId: string,
  command: (userId: string) => Command<Outcome>,
): () => Promise<Command<Outcome>> {
  return async () => {
    // What is wrong with the input is told before the transaction is looked for.
    command('');
    const userId = await loaders.owner(transactionId);
    if (userId === undefined) throw transactionNotFound(transactionId);
    return command(userId);
  };
}

export function tellTransaction(
  payload: CreateTransactionPayload,
  { transaction, replayed, refusal }: TransactionOutcome,
): void {
  payload.transaction = new TransactionObject(transaction);
  payload.replayed = replayed;
  if (refusal) payload.userErrors = [toUserError(refusal)];
}
