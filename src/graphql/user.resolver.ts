import { Arg, Args, Authorized, Ctx, FieldResolver, ID, Mutation, Query, Resolver, Root } from 'type-graphql';
import type { Scope } from '../access/scopes.js';
import { newId } from '../ids.js';
import { changeUserStatus } from '../operations/change-user-status.js';
import type { UserOutcome } from '../operations/command.js';
import { createUser } from '../operations/create-user.js';
import { TransactionConnectionType } from './connection.type.js';
import type { Context } from './context.js';
import { pageOfTransactions } from './paging.js';
import { ChangeUserStatusPayload, CreateUserPayload } from './payload.type.js';
import { submit } from './submit.js';
import { TransactionPageArgs } from './transaction.input.js';
import { ChangeUserStatusInputType, CreateUserInputType } from './user.input.js';
import { UserType } from './user.type.js';

@Resolver(() => UserType)
export class UserResolver {
  @Authorized<Scope>('users:read')
  @Query(() => UserType, { nullable: true, description: 'One user; null when there is none.' })
  async user(
    @Ctx() context: Context,
    @Arg('id', () => ID, { description: "The user's id." }) id: string,
  ): Promise<UserType | null> {
    const row = await context.loaders.user.load(id);
    return row && new UserType(row);
  }

  @Authorized<Scope>('transactions:read')
  @FieldResolver(() => TransactionConnectionType, { description: "The user's transactions, by page." })
  transactions(
    @Root() { row }: UserType,
    @Ctx() context: Context,
    @Args(() => TransactionPageArgs) args: TransactionPageArgs,
  ): Promise<TransactionConnectionType> {
    return pageOfTransactions(context, args, row.id);
  }

  @Authorized<Scope>('users:write')
  @Mutation(() => CreateUserPayload, { description: 'Makes a user with an empty wallet.' })
  createUser(
    @Ctx() context: Context,
    @Arg('input', () => CreateUserInputType, { description: 'The new user.' }) input: CreateUserInputType,
  ): Promise<CreateUserPayload> {
    const { clock, settings } = context;
    const command = () => createUser(input, newId(clock.now()), settings, context.principal.id);
    return submit(context, new CreateUserPayload(), command, tellUser);
  }

  @Authorized<Scope>('users:write')
  @Mutation(() => ChangeUserStatusPayload, { description: 'Suspends, reactivates or closes a user.' })
  changeUserStatus(
    @Ctx() context: Context,
    @Arg('input', () => ChangeUserStatusInputType, { description: 'The change.' })
    input: ChangeUserStatusInputType,
  ): Promise<ChangeUserStatusPayload> {
    const command = () => changeUserStatus(input, context.principal.id);
    return submit(context, new ChangeUserStatusPayload(), command, tellUser);
  }
}

function tellUser(payload: CreateUserPayload, { user }: UserOutcome): void {
  payload.user = new UserType(user);
}
