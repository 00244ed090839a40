import { Arg, Ctx, Mutation, Resolver } from 'type-graphql';
import { DomainError } from '../errors.js';
import { createTransactions, type ItemOutcome } from '../operations/create-transactions.js';
import type { Context } from './context.js';
import { createLoaders } from './loaders.js';
import { CreateTransactionPayload, CreateTransactionsPayload } from './payload.type.js';
import { CreateTransactionsInputType } from './transaction.input.js';
import { tellTransaction } from './transaction-mutations.resolver.js';
import { toUserError } from './user-error.type.js';

@Resolver()
export class CreateTransactionsResolver {
  @Mutation(() => CreateTransactionsPayload, {
    description:
      'Makes up to 500 transactions, each as `createTransaction` does: one that is refused disturbs no other. An error instead of an answer means that some may have been made: send the same call again.',
  })
  async createTransactions(
    @Ctx() context: Context,
    @Arg('input', () => CreateTransactionsInputType, { description: 'What is asked.' })
    input: CreateTransactionsInputType,
  ): Promise<CreateTransactionsPayload> {
    const payload = new CreateTransactionsPayload();
    try {
      const outcomes = await createTransactions(input.items, context.settings, context.queue);
      payload.results = outcomes.map(payloadOf);
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      payload.userErrors = [toUserError(error)];
    }
    // What this request loaded before may have changed.
    context.loaders = createLoaders(context.orm);
    return payload;
  }
}

function payloadOf(outcome: ItemOutcome): CreateTransactionPayload {
  const payload = new CreateTransactionPayload();
  if (outcome instanceof DomainError) payload.userErrors = [toUserError(outcome)];
  else tellTransaction(payload, outcome);
  return payload;
}
