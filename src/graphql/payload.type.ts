import { Authorized, Extensions, Field, ObjectType } from 'type-graphql';
import { TransactionObject } from './transaction.type.js';
import { UserType } from './user.type.js';
import { UserErrorType } from './user-error.type.js';

const USER_ERRORS = 'Why it was not done; empty when it was.';
const REPLAYED =
  'Whether this is the first outcome of an earlier call with the same key: nothing was written now.';

@Authorized()
@ObjectType({ description: 'What became of a mutation.' })
export abstract class Payload {
  @Extensions({ assumedSize: 1 })
  @Field(() => [UserErrorType], { description: USER_ERRORS })
  userErrors: readonly UserErrorType[] = [];
}

@Authorized()
@ObjectType('CreateTransactionPayload', { description: 'What became of `createTransaction`.' })
export class CreateTransactionPayload extends Payload {
  @Field(() => TransactionObject, {
    nullable: true,
    description: 'The transaction; there also when the attempt was refused but recorded as `FAILED`.',
  })
  transaction: TransactionObject | null = null;

  @Field(() => Boolean, { description: REPLAYED })
  replayed = false;
}

@Authorized()
@ObjectType('CreateTransactionsPayload', { description: 'What became of `createTransactions`.' })
export class CreateTransactionsPayload extends Payload {
  @Extensions({ assumedSize: 100 })
  @Field(() => [CreateTransactionPayload], {
    description:
      'What became of each item, in the order of the input; empty when the call as a whole was refused.',
  })
  results: readonly CreateTransactionPayload[] = [];
}

@Authorized()
@ObjectType('RefundPayload', { description: 'What became of `refund`.' })
export class RefundPayload extends Payload {
  @Field(() => TransactionObject, { nullable: true, description: 'The refund, a transaction of its own.' })
  transaction: TransactionObject | null = null;

  @Field(() => Boolean, { description: REPLAYED })
  replayed = false;
}

@Authorized()
@ObjectType('ReverseTransactionPayload', { description: 'What became of `reverseTransaction`.' })
export class ReverseTransactionPayload extends Payload {
  @Field(() => TransactionObject, { nullable: true, description: 'The transaction that was undone.' })
  transaction: TransactionObject | null = null;

  @Field(() => Boolean, { description: REPLAYED })
  replayed = false;
}

@Authorized()
@ObjectType('ReviewTransactionPayload', { description: 'What became of `reviewTransaction`.' })
export class ReviewTransactionPayload extends Payload {
  @Field(() => TransactionObject, { nullable: true, description: 'The transaction as it was decided.' })
  transaction: TransactionObject | null = null;
}

@Authorized()
@ObjectType('CreateUserPayload', { description: 'What became of `createUser`.' })
export class CreateUserPayload extends Payload {
  @Field(() => UserType, { nullable: true, description: 'The new user.' })
  user: UserType | null = null;
}

@Authorized()
@ObjectType('ChangeUserStatusPayload', { description: 'What became of `changeUserStatus`.' })
export class ChangeUserStatusPayload extends Payload {
  @Field(() => UserType, { nullable: true, description: 'The user in the new status.' })
  user: UserType | null = null;
}
