import type { UserErrorType } from './user-error.type.js';

/** What became of one mutation, as it may be logged: no amount, no text. */
export interface Outcome {
  /** The code of its refusal, or else the status of the transaction that it made or changed, or else `DONE`. */
  readonly outcome: string;
  /** Which transaction; a refused attempt may have made one too. */
  readonly transactionId?: string;
  /** It was an earlier call's outcome that was told. */
  readonly replayed?: true;
}

interface Payload {
  readonly userErrors: readonly UserErrorType[];
  readonly transaction?: { readonly id: string; readonly status: string } | null;
  readonly replayed?: boolean;
}

export function outcomeOf({ userErrors, transaction, replayed }: Payload): Outcome {
  return {
    outcome: userErrors[0]?.code ?? transaction?.status ?? 'DONE',
    ...(transaction && { transactionId: transaction.id }),
    ...(replayed && { replayed }),
  };
}
