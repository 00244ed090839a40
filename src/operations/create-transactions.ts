import { DomainError, inputError, OverloadedError, refusalOfItem } from '../errors.js';
import type { Command, TransactionOutcome } from './command.js';
import type { CommitQueue } from './commit-queue.js';
import type { CreateTransactionInput } from './create-transaction.js';

const ITEMS_MAX = 500;

/** What became of one item: its outcome, or why it could not even be recorded. */
export type ItemOutcome = TransactionOutcome | DomainError;

/**
 * Asks for many transactions at once, each by itself: what is wrong with one disturbs no other. All of them are taken or
 * none is; those of one user are decided in the order given.
 */
export async function createTransactions(
  items: readonly CreateTransactionInput[],
  commandFor: (item: CreateTransactionInput) => Command<TransactionOutcome>,
  queue: CommitQueue,
): Promise<ItemOutcome[]> {
  if (items.length < 1 || items.length > ITEMS_MAX) {
    const message = `There are ${items.length} items; one call takes 1 to ${ITEMS_MAX}.`;
    throw inputError('INVALID_ITEM_COUNT', message, ['input', 'items']);
  }
  const asked = items.map((item) => commandOrRefusal(commandFor, item));
  const settled = await queue.submitAll(asked.flatMap((one) => (one instanceof DomainError ? [] : one)));
  checkDone(settled);
  return asked.map((one, index) => {
    const refusal = one instanceof DomainError ? one : undefined;
    return outcomeAt(refusal ?? (settled.shift() as PromiseSettledResult<TransactionOutcome>), index);
  });
}

function commandOrRefusal(
  commandFor: (item: CreateTransactionInput) => Command<TransactionOutcome>,
  item: CreateTransactionInput,
): Command<TransactionOutcome> | DomainError {
  try {
    return commandFor(item);
  } catch (error) {
    if (error instanceof DomainError) return error;
    throw error;
  }
}

/** An item without an outcome leaves the call without one: sent again, it learns what became of every item. */
function checkDone(settled: ReadonlyArray<PromiseSettledResult<TransactionOutcome>>): void {
  const failures = settled.flatMap((one) =>
    one.status === 'rejected' && !(one.reason instanceof DomainError) ? [one.reason] : [],
  );
  const fault = failures.find((failure) => !(failure instanceof OverloadedError));
  if (fault) throw fault;
  if (failures.length > 0) {
    throw new OverloadedError(
      'Not every item could be committed: send the same call again, and those that were are answered as replayed.',
    );
  }
}

function outcomeAt(
  settled: DomainError | PromiseSettledResult<TransactionOutcome>,
  index: number,
): ItemOutcome {
  if (settled instanceof DomainError) return refusalOfItem(settled, index);
  if (settled.status === 'rejected') return refusalOfItem(settled.reason, index);
  const { refusal, ...outcome } = settled.value;
  return { ...outcome, refusal: refusal && refusalOfItem(refusal, index) };
}
