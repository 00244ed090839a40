import { describe, expect, it } from '@jest/globals';
import {
  directionOf,
  type TransactionStatus,
  transactionStatuses,
  transactionStatusTransitions,
  transactionTypes,
} from '../../../src/ledger/transaction.js';
import { checkTransition } from '../../../src/operations/check-transaction.js';
import { makeTransaction, partsOf, refusalOf } from '../../support/ledger.js';

const allowed = ['PENDING COMPLETED', 'PENDING FAILED', 'COMPLETED REVERSED'];
const pairs = transactionStatuses.flatMap((from) =>
  transactionStatuses.map((to) => ({ from, to, ok: allowed.includes(`${from} ${to}`) })),
);

describe('the status of a transaction', () => {
  it.each(pairs.filter(({ ok }) => ok))('may go from $from to $to', ({ from, to }) => {
    expect(() => checkTransition(makeTransaction({ status: from }), to)).not.toThrow();
  });

  it.each(pairs.filter(({ ok }) => !ok))('may not go from $from to $to', ({ from, to }) => {
    const refusal = refusalOf(() => checkTransition(makeTransaction({ status: from }), to));
    expect(refusal.code).toBe('INVALID_STATUS_TRANSITION');
    expect(refusal.inputPath).toEqual(['input', 'transactionId']);
    expect(refusal.details).toEqual({ current: from, allowed: transactionStatusTransitions[from] });
  });

  it('has sixteen pairs, three of them allowed', () => {
    expect(pairs).toHaveLength(16);
    expect(pairs.filter(({ ok }) => ok)).toHaveLength(3);
  });

  it.each<[TransactionStatus, string]>([
    ['PENDING', 'The transaction is PENDING and can go only to COMPLETED or FAILED, not to REVERSED.'],
    ['FAILED', 'The transaction is FAILED and can go nowhere, not to REVERSED.'],
    ['REVERSED', 'The transaction is REVERSED and can go nowhere, not to REVERSED.'],
  ])('is told with what it may become from %s', (status, message) => {
    const refusal = refusalOf(() => checkTransition(makeTransaction({ status }), 'REVERSED'));
    expect(partsOf(refusal)?.message).toBe(message);
  });
});

describe('the type of a transaction', () => {
  it('says which way the wallet moves', () => {
    expect(transactionTypes.map((type) => [type, directionOf({ type })])).toEqual([
      ['PURCHASE', 'debit'],
      ['WITHDRAWAL', 'debit'],
      ['TOP_UP', 'credit'],
      ['REFUND', 'credit'],
    ]);
  });
});
