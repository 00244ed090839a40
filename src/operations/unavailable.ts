import { isConnectionLoss } from '../db/failures.js';
import { OverloadedError } from '../errors.js';

/** What a caller is told of an error that only says that the database is out of reach; undefined for any other. */
export function findUnavailability(error: unknown): OverloadedError | undefined {
  if (!isConnectionLoss(error)) return undefined;
  // The command of a mutation may have been committed before the rest of its answer could be read.
  return new OverloadedError(
    'The database does not answer. Call again later; a mutation with the same idempotencyKey.',
  );
}
