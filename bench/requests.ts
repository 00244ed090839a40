import { purchaseIdOf, userIdOf } from './history.js';

export const operations = [
  'createTransaction',
  'createTransactions',
  'refund',
  'balance',
  'page',
  'nothing',
] as const;
export type Operation = (typeof operations)[number];

export const BULK_ITEMS = 100;

/** How many transactions one request makes. */
export const itemsOf = (operation: Operation): number =>
  operation === 'createTransactions' ? BULK_ITEMS : 1;

const documents: Readonly<Record<Operation, string>> = {
  createTransaction:
    'mutation ($input: CreateTransactionInput!) { createTransaction(input: $input) { transaction { id status } replayed userErrors { code } } }',
  createTransactions:
    'mutation ($input: CreateTransactionsInput!) { createTransactions(input: $input) { results { transaction { id status } userErrors { code } } userErrors { code } } }',
  refund:
    'mutation ($input: RefundInput!) { refund(input: $input) { transaction { id status } userErrors { code } } }',
  balance:
    'query ($userId: ID!) { balance(userId: $userId) { posted { amount } held { amount } available { amount currency } version } }',
  page: 'query ($userId: ID!) { transactions(userId: $userId, first: 20) { nodes { id type status createdAt merchantName amount { amount currency } } pageInfo { hasNextPage endCursor } } }',
  nothing: '{ __typename }',
};

/** What an answer contains once for each thing that was done well. */
export const marks: Readonly<Record<Operation, string>> = {
  createTransaction: '"COMPLETED"',
  createTransactions: '"COMPLETED"',
  refund: '"COMPLETED"',
  balance: '"available"',
  page: '"endCursor"',
  nothing: '"__typename"',
};

/** Amounts that do not repeat for a long time, so that no two requests look like duplicates of each other. */
const amountOf = (number: number): string => `${1 + (number % 9973)}.${String(number % 97).padStart(2, '0')}`;

function transactionOf(user: number, number: number, key: string): object {
  return {
    userId: userIdOf(user),
    amount: { amount: amountOf(number), currency: 'MYR' },
    merchantName: 'Kopi Corner',
    merchantCategory: 'food_and_drink',
    idempotencyKey: key,
  };
}

/** The JSON body of one request; `number` differs for every request of a run. */
export function bodyOf(operation: Operation, user: number, number: number, key: string): string {
  return JSON.stringify({
    query: documents[operation],
    variables: variablesOf(operation, user, number, key),
  });
}

function variablesOf(operation: Operation, user: number, number: number, key: string): object {
  switch (operation) {
    case 'createTransaction':
      return { input: transactionOf(user, number, key) };
    case 'createTransactions': {
      const items = Array.from({ length: BULK_ITEMS }, (_, index) =>
        transactionOf(user + index, number * BULK_ITEMS + index, `${key}-${index}`),
      );
      return { input: { items } };
    }
    case 'refund': {
      const amount = { amount: '0.01', currency: 'MYR' };
      const transactionId = purchaseIdOf(user, number % 30);
      return { input: { transactionId, amount, idempotencyKey: key } };
    }
    case 'balance':
    case 'page':
      return { userId: userIdOf(user) };
    case 'nothing':
      return {};
  }
}
