import type { Amount } from './money/amount.js';

/** What a refusal of each kind tells besides its code, message and path. */
export interface DetailsByKind {
  input: Record<never, never>;
  notFound: { readonly id: string };
  userStatus: { readonly status: string };
  insufficientBalance: { readonly available: Amount; readonly required: Amount };
  limit: { readonly limit: Amount; readonly used: Amount; readonly remaining: Amount };
  refund: { readonly refundable: Amount };
  statusTransition: { readonly current: string; readonly allowed: readonly string[] };
  idempotency: { readonly transactionId: string; readonly firstSeenAt: Date };
}

export type ErrorKind = keyof DetailsByKind;

/** Every refusal there is, its kind and its meaning; the GraphQL enum and the error types are made from this table. */
export const errorCodes = {
  INVALID_AMOUNT: ['input', 'Not a plain decimal, or more fraction digits than the currency has.'],
  UNSUPPORTED_CURRENCY: ['input', 'No exchange rate is configured for this currency.'],
  AMOUNT_BELOW_MINIMUM: ['input', 'Less than one minor unit, as asked or once converted to the wallet.'],
  AMOUNT_ABOVE_MAXIMUM: ['input', 'More than one transaction may move, or than a wallet may hold.'],
  INVALID_IDEMPOTENCY_KEY: ['input', 'Not 1 to 128 visible ASCII characters.'],
  INVALID_TRANSACTION_TYPE: ['input', 'This operation does not make transactions of that type.'],
  INVALID_MERCHANT_NAME: [
    'input',
    'Missing for a purchase, empty, longer than 255, or with control characters.',
  ],
  INVALID_MERCHANT_CATEGORY: [
    'input',
    'Missing for a purchase, or not lower snake case of at most 50 characters.',
  ],
  INVALID_METADATA: ['input', 'Not a JSON object of at most 8 KiB whose integers are exact.'],
  INVALID_REASON: ['input', 'Empty, longer than 500, or with control characters.'],
  INVALID_NOTE: ['input', 'Empty, longer than 500, or with control characters.'],
  INVALID_USER_ID: ['input', 'Not 1 to 36 characters of A-Z, a-z, 0-9, underscore and hyphen.'],
  INVALID_EMAIL: ['input', 'Not an e-mail address of at most 254 characters.'],
  INVALID_FULL_NAME: ['input', 'Empty, longer than 255, or with control characters.'],
  INVALID_TIME_ZONE: ['input', 'Not an IANA time zone.'],
  INVALID_CURSOR: [
    'input',
    'Not a cursor of this event log: malformed, from another log, or from a lost future of it.',
  ],
  INVALID_ITEM_COUNT: ['input', 'No item at all, or more than one call may have.'],
  USER_ID_TAKEN: ['input', 'Another user has this id.'],
  EMAIL_TAKEN: ['input', 'Another user has this e-mail address, in whatever case.'],
  INVALID_WEBHOOK_URL: [
    'input',
    'Not an https URL of at most 2048 characters without credentials, whose host has an address.',
  ],
  WEBHOOK_ADDRESS_REFUSED: ['input', 'The host has a private, loopback, link-local or special address.'],
  INVALID_WEBHOOK_DESCRIPTION: ['input', 'Longer than 500, or with control characters.'],
  INVALID_EVENT_TYPES: ['input', 'No event type is named.'],
  INVALID_SECRET_OVERLAP: ['input', 'Not from 0 to 168 hours.'],
  WEBHOOK_LIMIT_REACHED: ['input', 'There are as many webhook endpoints as are allowed.'],
  INVALID_KEY_NAME: ['input', 'Empty, longer than 100, or with control characters.'],
  INVALID_SCOPES: ['input', 'No scope is named.'],
  SCOPE_NOT_HELD: ['input', 'Nobody can hand on a scope without having it.'],
  INVALID_EXPIRY: ['input', 'Not an instant of the future.'],
  API_KEY_REVOKED: ['input', 'The API key was revoked, for good.'],
  API_KEY_LIMIT_REACHED: ['input', 'There are as many API keys as are allowed.'],
  USER_NOT_FOUND: ['notFound', 'There is no such user.'],
  TRANSACTION_NOT_FOUND: ['notFound', 'There is no such transaction.'],
  WEBHOOK_ENDPOINT_NOT_FOUND: ['notFound', 'There is no such webhook endpoint.'],
  WEBHOOK_DELIVERY_NOT_FOUND: ['notFound', 'There is no such webhook delivery, or no longer.'],
  API_KEY_NOT_FOUND: ['notFound', 'There is no such API key.'],
  USER_SUSPENDED: ['userStatus', 'The user is suspended.'],
  USER_CLOSED: ['userStatus', 'The user is closed, for good.'],
  USER_NOT_EMPTY: ['userStatus', 'A user is closed only with a zero balance and nothing held.'],
  INVALID_USER_STATUS_TRANSITION: ['userStatus', 'The user cannot go from this status to that one.'],
  INSUFFICIENT_BALANCE: ['insufficientBalance', 'The available balance does not cover it.'],
  DAILY_LIMIT_EXCEEDED: ['limit', "The debits of the user's local day would exceed the limit."],
  TRANSACTION_NOT_REFUNDABLE: ['refund', 'Only a completed purchase can be refunded.'],
  REFUND_EXCEEDS_REMAINING: ['refund', 'More than is left to refund.'],
  INVALID_STATUS_TRANSITION: ['statusTransition', 'The transaction cannot go from this status to that one.'],
  REVIEW_REJECTED: [
    'input',
    'An analyst rejected the transaction; seen only as the failure of a transaction.',
  ],
  IDEMPOTENCY_KEY_REUSED: ['idempotency', 'The key was used before, with another input.'],
} as const satisfies Record<string, readonly [ErrorKind, string]>;

export type ErrorCode = keyof typeof errorCodes;
export type KindOf<C extends ErrorCode> = (typeof errorCodes)[C][0];

/** A refusal: what was asked breaks a rule. Expected, coded, and told to whoever asked. */
export class DomainError<C extends ErrorCode = ErrorCode> extends Error {
  override readonly name = 'DomainError';

  constructor(
    readonly code: C,
    message: string,
    /**
     * Where in the input the cause stands, from the argument's name on. Not called `path`: an error with one is taken by
     * graphql-js for an error of its own that was located already.
     */
    readonly inputPath: readonly string[],
    readonly details: DetailsByKind[KindOf<C>],
  ) {
    super(message);
  }

  get kind(): ErrorKind {
    return errorCodes[this.code][0];
  }
}

/** A refusal of an input that needs no details. */
export function inputError(
  code: { [C in ErrorCode]: KindOf<C> extends 'input' ? C : never }[ErrorCode],
  message: string,
  path: readonly string[],
): DomainError {
  return new DomainError(code, message, path, {});
}

/** The same refusal of one item among many: where it stands begins with the item's place. */
export function refusalOfItem(refusal: DomainError, index: number): DomainError {
  const { code, message, inputPath, details } = refusal;
  const [argument = 'input', ...rest] = inputPath;
  return new DomainError(code, message, [argument, 'items', String(index), ...rest], details);
}

/** Work was turned away before it began: nothing was done and the same call may be made again. */
export class OverloadedError extends Error {
  override readonly name = 'OverloadedError';
}

/** A setting is missing or wrong; the message names the variable. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}
