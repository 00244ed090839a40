import { Arg, Ctx, Mutation, Resolver } from 'type-graphql';
import { transactionNotFound } from '../operations/check-transaction.js';
import type { Command, TransactionOutcome } from '../operations/command.js';
import { createTransaction } from '../operations/create-transaction.js';
import { refund } from '../operations/refund.js';
import { reverseTransaction } from '../operations/reverse-transaction.js';
import { reviewTransaction } from '../operations/review-transaction.js';
import { findOwner } from '../queries/find-transaction.js';
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
  @Mutation(() => CreateTransactionPayload, {
    description:
      'Makes a purchase, a withdrawal or a top-up. It is scored first; from a score of 60 on (by default) it is `PENDING` until it is reviewed. Attempts that the status, the daily limit or the balance refuses are recorded as `FAILED`.',
  })
  createTransaction(
    @Ctx() context: Context,
    @Arg('input', () => CreateTransactionInputType, { description: INPUT }) input: CreateTransactionInputType,
  ): Promise<CreateTransactionPayload> {
    const command = () => createTransaction(input, context.settings);
    return submit(context, new CreateTransactionPayload(), command, tellTransaction);
  }

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

/** A command about a transaction waits for the lock of the user whose it is. */
function forOwner<Outcome>(
  { orm }: Context,
  transactionId: string,
  command: (userId: string) => Command<Outcome>,
): () => Promise<Command<Outcome>> {
  return async () => {
    // What is wrong with the input is told before the transaction is looked for.
    command('');
    const userId = await findOwner(orm.em, transactionId);
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
