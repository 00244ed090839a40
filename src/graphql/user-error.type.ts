import { Authorized, Field, ID, InterfaceType, ObjectType } from 'type-graphql';
import type { DetailsByKind, DomainError, ErrorCode, ErrorKind } from '../errors.js';
import type { TransactionStatus } from '../ledger/transaction.js';
import type { UserStatus } from '../ledger/user.js';
import { ErrorCodeEnum, TransactionStatusEnum, UserStatusEnum } from './enums.js';
import { MoneyType } from './money.type.js';
import { DateTime } from './scalars.js';

@Authorized()
@InterfaceType('UserError', {
  description: 'Why what was asked was not done. Each type adds what a screen needs to explain it.',
  resolveType: (error: UserErrorType) => error.constructor as new () => object,
})
export abstract class UserErrorType {
  @Field(() => ErrorCodeEnum, { description: 'What a program decides by.' })
  readonly code: ErrorCode;

  @Field(() => String, { description: 'What a person reads: what is wrong and what to do.' })
  readonly message: string;

  @Field(() => [String], {
    description: 'Where in the arguments the cause stands: `["input", "amount", "currency"]`.',
  })
  readonly path: readonly string[];

  constructor({ code, message, inputPath }: DomainError) {
    this.code = code;
    this.message = message;
    this.path = inputPath;
  }
}

@Authorized()
@ObjectType('InputError', {
  implements: UserErrorType,
  description: 'An amount, currency, key or text breaks a rule.',
})
export class InputErrorType extends UserErrorType {}

@Authorized()
@ObjectType('NotFoundError', { implements: UserErrorType, description: 'What was named does not exist.' })
export class NotFoundErrorType extends UserErrorType {
  @Field(() => ID, { description: 'The id as it was asked for.' })
  readonly id: string;

  constructor(error: DomainError, details: DetailsByKind['notFound']) {
    super(error);
    this.id = details.id;
  }
}

@Authorized()
@ObjectType('UserStatusError', {
  implements: UserErrorType,
  description: "The user's status does not allow it.",
})
export class UserStatusErrorType extends UserErrorType {
  @Field(() => UserStatusEnum, { description: "The user's status." })
  readonly status: UserStatus;

  constructor(error: DomainError, details: DetailsByKind['userStatus']) {
    super(error);
    this.status = details.status as UserStatus;
  }
}

@Authorized()
@ObjectType('InsufficientBalanceError', {
  implements: UserErrorType,
  description: 'The wallet does not cover it.',
})
export class InsufficientBalanceErrorType extends UserErrorType {
  @Field(() => MoneyType, { description: 'What could be spent.' })
  readonly available: MoneyType;

  @Field(() => MoneyType, { description: 'What was needed.' })
  readonly required: MoneyType;

  constructor(error: DomainError, details: DetailsByKind['insufficientBalance']) {
    super(error);
    this.available = new MoneyType(details.available);
    this.required = new MoneyType(details.required);
  }
}

@Authorized()
@ObjectType('LimitError', { implements: UserErrorType, description: 'A limit would be exceeded.' })
export class LimitErrorType extends UserErrorType {
  @Field(() => MoneyType, { description: 'The limit, in the base currency.' })
  readonly limit: MoneyType;

  @Field(() => MoneyType, { description: 'What of it is used.' })
  readonly used: MoneyType;

  @Field(() => MoneyType, { description: 'What of it is left.' })
  readonly remaining: MoneyType;

  constructor(error: DomainError, details: DetailsByKind['limit']) {
    super(error);
    this.limit = new MoneyType(details.limit);
    this.used = new MoneyType(details.used);
    this.remaining = new MoneyType(details.remaining);
  }
}

@Authorized()
@ObjectType('RefundError', {
  implements: UserErrorType,
  description: 'It cannot be refunded, or not that much of it.',
})
export class RefundErrorType extends UserErrorType {
  @Field(() => MoneyType, { description: 'What is left to refund.' })
  readonly refundable: MoneyType;

  constructor(error: DomainError, details: DetailsByKind['refund']) {
    super(error);
    this.refundable = new MoneyType(details.refundable);
  }
}

@Authorized()
@ObjectType('StatusTransitionError', {
  implements: UserErrorType,
  description: 'The transaction cannot go from its status to the one asked for.',
})
export class StatusTransitionErrorType extends UserErrorType {
  @Field(() => TransactionStatusEnum, { description: "The transaction's status." })
  readonly current: TransactionStatus;

  @Field(() => [TransactionStatusEnum], { description: 'Where it can go from there.' })
  readonly allowed: readonly TransactionStatus[];

  constructor(error: DomainError, details: DetailsByKind['statusTransition']) {
    super(error);
    this.current = details.current as TransactionStatus;
    this.allowed = details.allowed as readonly TransactionStatus[];
  }
}

@Authorized()
@ObjectType('IdempotencyError', {
  implements: UserErrorType,
  description: 'The idempotency key was used before, with another input.',
})
export class IdempotencyErrorType extends UserErrorType {
  @Field(() => ID, { description: 'The transaction that the key belongs to.' })
  readonly transactionId: string;

  @Field(() => DateTime, { description: 'When the key was first used.' })
  readonly firstSeenAt: Date;

  constructor(error: DomainError, details: DetailsByKind['idempotency']) {
    super(error);
    this.transactionId = details.transactionId;
    this.firstSeenAt = details.firstSeenAt;
  }
}

type ErrorTypes = {
  readonly [K in ErrorKind]: new (
    error: DomainError,
    details: DetailsByKind[K],
  ) => UserErrorType;
};

const types: ErrorTypes = {
  input: InputErrorType,
  notFound: NotFoundErrorType,
  userStatus: UserStatusErrorType,
  insufficientBalance: InsufficientBalanceErrorType,
  limit: LimitErrorType,
  refund: RefundErrorType,
  statusTransition: StatusTransitionErrorType,
  idempotency: IdempotencyErrorType,
};

/** Every type of error, for the schema: an interface does not lead to what implements it. */
export const userErrorTypes = Object.values(types);

export function toUserError(error: DomainError): UserErrorType {
  const type = types[error.kind] as new (error: DomainError, details: unknown) => UserErrorType;
  return new type(error, error.details);
}
