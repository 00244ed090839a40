import { Arg, Authorized, Ctx, Mutation, Resolver } from 'type-graphql';
import type { Scope } from '../access/scopes.js';
import { DomainError } from '../errors.js';
import { createTransactions, type ItemOutcome } from '../operations/create-transactions.js';
import type { Context } from './context.js';
import { CreateTransactionPayload, CreateTransactionsPayload } from './payload.type.js';
import { answer, noteOutcomes } from './submit.js';
import { CreateTransactionsInputType } from './transaction.input.js';
import { commandFor, requireScopeFor, tellTransaction } from './transaction-mutations.resolver.js';
import { toUserError } from './user-error.type.js';

@Resolver()
export class CreateTransactionsResolver {
  @Authorized<Scope>('transactions:write', 'transactions:credit')
  @Mutation(() => CreateTransactionsPayload, {
    description:
      'Makes up to 500 transactions, each as `createTransaction` does: one that is refused disturbs no other. An error instead of an answer means that some may have been made: send the same call again.',
  })
  async createTransactions(
    @Ctx() context: Context,
    @Arg('input', () => CreateTransactionsInputType, { description: 'What is asked.' })
    input: CreateTransactionsInputType,
  ): Promise<CreateTransactionsPayload> {
    for (const item of input.items) requireScopeFor(context, item);
    const asked = createTransactions(input.items, (item) => commandFor(context, item), context.queue);
    const payload = await answer(new CreateTransactionsPayload(), asked, (told, outcomes) => {
      told.results = outcomes.map(payloadOf);
    });
    noteOutcomes(context, payload.results.length > 0 ? payload.results : [payload]);
    return payload;
  }
}

function payloadOf(outcome: ItemOutcome): CreateTransactionPayload {
  const payload = new CreateTransactionPayload();
  if (outcome instanceof DomainError) payload.userErrors = [toUserError(outcome)];
  else tellTransaction(payload, outcome);
  return payload;
}
