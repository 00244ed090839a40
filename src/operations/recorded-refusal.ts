import { DomainError, type ErrorCode } from '../errors.js';
import type { Failure, TransactionRow } from '../ledger/transaction.js';

/** A refusal as it is stored with the transaction that it failed. */
export function failureOf({ code, message, inputPath, details }: DomainError): Failure {
  const plain = JSON.stringify(details, (_key, value) =>
    typeof value === 'bigint' ? value.toString() : value,
  );
  return { code, message, path: inputPath, details: JSON.parse(plain) };
}

/** The refusal of a failed transaction, as it was first told. */
export function recordedRefusal({ failure }: TransactionRow): DomainError | undefined {
  if (!failure) return undefined;
  const details = JSON.parse(JSON.stringify(failure.details), (key, value) =>
    key === 'minor' ? BigInt(value) : value,
  );
  return new DomainError<ErrorCode>(failure.code, failure.message, failure.path, details);
}
