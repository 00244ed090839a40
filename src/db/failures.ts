import {
  ConnectionException,
  DeadlockException,
  LockWaitTimeoutException,
  UniqueConstraintViolationException,
} from '@mikro-orm/core';

/**
 * PostgreSQL's error classes and codes (appendix A of its manual), SQLite's result codes and Node's socket errors that
 * say nothing about what was asked, only about when.
 */
const LOST_CONNECTION = /^(08|57P0|53|ECONN|EPIPE|ETIMEDOUT|ENOTFOUND)/;
const CONFLICT = /^(40001|40P01|55P03|SQLITE_BUSY)/;
const LOST_CONNECTION_MESSAGE =
  /connection (terminated|ended|error|timeout)|timeout exceeded when trying to connect|driver has already been destroyed/i;

function codeOf(error: unknown): string {
  const code = (error as { code?: unknown } | undefined)?.code;
  return typeof code === 'string' ? code : '';
}

/** Whether the database could not be reached, or went away. */
export function isConnectionLoss(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return (
    error instanceof ConnectionException ||
    LOST_CONNECTION.test(codeOf(error)) ||
    LOST_CONNECTION_MESSAGE.test(error.message)
  );
}

/** Whether the same batch may well succeed when it is run again: a conflict with another one, or a lost connection. */
export function isTransient(error: unknown): boolean {
  return (
    error instanceof DeadlockException ||
    error instanceof LockWaitTimeoutException ||
    error instanceof UniqueConstraintViolationException ||
    CONFLICT.test(codeOf(error)) ||
    isConnectionLoss(error)
  );
}
