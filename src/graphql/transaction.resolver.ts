import { Arg, Args, Authorized, Ctx, FieldResolver, ID, Query, Resolver, Root } from 'type-graphql';
import { sees } from '../access/principal.js';
import type { Scope } from '../access/scopes.js';
import { isId } from '../ids.js';
import { findByIdempotencyKey } from '../queries/find-transaction.js';
import { TransactionConnectionType } from './connection.type.js';
import type { Context } from './context.js';
import { assessmentOf, FraudAssessmentType } from './fraud.type.js';
import { pageOfTransactions } from './paging.js';
import { TransactionPageArgs } from './transaction.input.js';
import { TransactionObject } from './transaction.type.js';
import { UserType } from './user.type.js';

@Resolver(() => TransactionObject)
export class TransactionResolver {
  @Authorized<Scope>('transactions:read')
  @Query(() => TransactionObject, {
    nullable: true,
    description: 'One transaction; null when there is none.',
  })
  async transaction(
    @Ctx() context: Context,
    @Arg('id', () => ID, { description: 'Its id.' }) id: string,
  ): Promise<TransactionObject | null> {
    const row = isId(id.toLowerCase()) ? await context.loaders.transaction.load(id.toLowerCase()) : null;
    return row && new TransactionObject(row);
  }

  @Authorized<Scope>('transactions:read')
  @Query(() => TransactionObject, {
    nullable: true,
    description:
      'What became of a call whose answer was lost: the transaction that its key made or reversed, or null.',
  })
  async transactionByIdempotencyKey(
    @Ctx() context: Context,
    @Arg('userId', () => ID, { description: 'Whose key; keys are unique per user.' }) userId: string,
    @Arg('idempotencyKey', () => String, { description: 'The key.' }) idempotencyKey: string,
  ): Promise<TransactionObject | null> {
    if (!sees(context.principal, userId)) return null;
    const row = await findByIdempotencyKey(context.orm.em, userId, idempotencyKey);
    return row && new TransactionObject(row);
  }

  @Authorized<Scope>('transactions:read')
  @Query(() => TransactionConnectionType, { description: 'Transactions of one user or of all, by page.' })
  transactions(
    @Ctx() context: Context,
    @Args(() => TransactionPageArgs) args: TransactionPageArgs,
    @Arg('userId', () => ID, { nullable: true, description: 'Whose; all, when omitted.' }) userId?: string,
  ): Promise<TransactionConnectionType> {
    return pageOfTransactions(context, args, userId ?? undefined);
  }

  @Authorized<Scope>('users:read')
  @FieldResolver(() => UserType, { description: 'Whose wallet it moves.' })
  async user(@Root() { row }: TransactionObject, @Ctx() context: Context): Promise<UserType> {
    const user = await context.loaders.user.load(row.userId);
    if (!user) throw new Error(`transaction ${row.id} has no user`);
    return new UserType(user);
  }

  @Authorized<Scope>('fraud:read')
  @FieldResolver(() => FraudAssessmentType, {
    nullable: true,
    description: 'How it was scored, rule by rule; null for a refund.',
  })
  fraud(@Root() { row }: TransactionObject, @Ctx() { settings }: Context): FraudAssessmentType | null {
    return assessmentOf(row, settings.fraud);
  }

  @Authorized<Scope>('transactions:read')
  @FieldResolver(() => TransactionObject, {
    nullable: true,
    description: 'The purchase that a refund returns.',
  })
  async originalTransaction(
    @Root() { row }: TransactionObject,
    @Ctx() context: Context,
  ): Promise<TransactionObject | null> {
    const original = row.originalId ? await context.loaders.transaction.load(row.originalId) : null;
    return original && new TransactionObject(original);
  }

  @Authorized<Scope>('transactions:read')
  @FieldResolver(() => [TransactionObject], { description: 'The refunds of a purchase, oldest first.' })
  async refunds(@Root() { row }: TransactionObject, @Ctx() context: Context): Promise<TransactionObject[]> {
    if (row.type !== 'PURCHASE') return [];
    const refunds = await context.loaders.refunds.load(row.id);
    return refunds.map((refund) => new TransactionObject(refund));
  }
}
