import { describe, expect, it } from '@jest/globals';
import { type OperationDefinitionNode, parse, validate } from 'graphql';
import { actualCost } from '../../../src/graphql/actual-cost.js';
import { demandsOf } from '../../../src/graphql/admission.js';
import { estimateCost } from '../../../src/graphql/cost.js';
import { createSchema } from '../../../src/graphql/schema.js';
import { mutationOf, TRANSACTION } from '../../support/api.js';

const schema = createSchema();

function read(text: string) {
  const document = parse(text);
  const operation = document.definitions.find(
    (node): node is OperationDefinitionNode => node.kind === 'OperationDefinition',
  );
  return { document, operation: operation as OperationDefinitionNode };
}

function estimate(text: string, variables: Record<string, unknown> = {}): number {
  const { document, operation } = read(text);
  expect(validate(schema, document, undefined, { maxErrors: 1 })).toEqual([]);
  return estimateCost(schema, document, operation, variables);
}

const NODES = 'nodes { id user { id } }';

describe('what an operation may cost', () => {
  it.each<[string, string, number]>([
    ['nothing for scalars', '{ __typename }', 0],
    ['nothing for introspection', '{ __schema { types { name fields { name } } } }', 0],
    ['1 for an object', '{ user(id: "a") { id email } }', 1],
    ['1 for each object below', '{ user(id: "a") { balance { posted { amount } held { amount } } } }', 4],
    ['10 items for a list without a size', '{ exchangeRates { rate } }', 10],
    ['50 for a page without a size', '{ transactions { nodes { id } } }', 51],
    ['as many as first says', '{ transactions(first: 7) { nodes { id } } }', 8],
    ['as many as last says', '{ transactions(last: 7) { nodes { id } } }', 8],
    ['the same by edges and by nodes', '{ transactions(first: 7) { edges { cursor node { id } } } }', 8],
    [
      'nothing for where the page stands',
      '{ transactions(first: 7) { nodes { id } pageInfo { endCursor } } }',
      8,
    ],
    ['relations of every item', `{ transactions(first: 7) { ${NODES} } }`, 15],
    ['no item for a page of none', `{ transactions(first: 0) { ${NODES} } }`, 1],
    ['no more than the largest page', `{ transactions(first: 100000) { ${NODES} } }`, 201],
    ['no less than nothing', `{ transactions(first: -5) { ${NODES} } }`, 1],
    [
      'pages in pages',
      `{ transactions(first: 10) { nodes { user { transactions(first: 10) { ${NODES} } } } } }`,
      231,
    ],
    ['every occurrence of a field, merged or not', '{ user(id: "a") { id } user(id: "a") { id } }', 2],
    ['what may be skipped', '{ user(id: "a") { balance @skip(if: true) { version } } }', 2],
    [
      'every branch of an interface',
      `mutation { changeUserStatus(input: { userId: "a", status: ACTIVE }) {
      userErrors { ... on LimitError { limit { amount } } ... on RefundError { refundable { amount } } } } }`,
      13,
    ],
    ['10 for a subscription', 'subscription { balanceUpdated(userId: "a") { cursor } }', 10],
    [
      'fragments where they are used',
      `{ a: user(id: "a") { ...W } b: user(id: "b") { ...W } }
      fragment W on User { balance { posted { amount } } }`,
      6,
    ],
    [
      'fragments on pages',
      `{ transactions(first: 3) { ...P } other: transactions(first: 5) { ...P } }
      fragment P on TransactionConnection { ... { nodes { user { id } } } }`,
      18,
    ],
  ])('counts %s', (_title, text, cost) => {
    expect(estimate(text)).toBe(cost);
  });

  it.each<[string, Record<string, unknown>, number]>([
    ['its value', { size: 3 }, 4],
    ['its default when it is not given', {}, 21],
    ['the usual page when it is null', { size: null }, 51],
    ['the usual page when it is of no use', { size: '3' }, 51],
  ])('reads a size from a variable: %s', (_title, variables, cost) => {
    expect(
      estimate('query ($size: Int = 20) { transactions(first: $size) { nodes { id } } }', variables),
    ).toBe(cost);
  });

  it('is 10 for a mutation, and what it answers', () => {
    // One transaction with 35 objects, and one error with six more.
    expect(estimate(mutationOf('createTransaction'))).toBe(10 + 35 + 7);
  });

  it('lets the largest page pass with all that transactions tell', () => {
    expect(estimate(`{ transactions(first: 100) { nodes { ${TRANSACTION} } } }`)).toBeLessThanOrEqual(5_000);
  });

  it('reckons fragments that double thirty times at once, and never past what is exact', () => {
    const doubling = (top: string) =>
      `{ user(id: "a") { ...F0 } } ${Array.from(
        { length: 30 },
        (_, n) =>
          `fragment F${n} on User { transactions(first: 100) { nodes { user { ...F${n + 1} ...F${n + 1} } } } }`,
      ).join(' ')} fragment F30 on User { ${top} }`;
    expect(estimate(doubling('balance { version }'))).toBe(Number.MAX_SAFE_INTEGER);
    expect(estimate(doubling('transactions(first: 0) { nodes { id } }'))).toBe(Number.MAX_SAFE_INTEGER);
  });

  it('comes to an end with a fragment that uses itself', () => {
    const { document, operation } = read(
      '{ user(id: "a") { ...F } } fragment F on User { balance { version } ...F }',
    );
    expect(estimateCost(schema, document, operation, {})).toBe(2);
  });
});

describe('what an operation did cost', () => {
  const cost = (text: string, data: unknown) => {
    const { document, operation } = read(text);
    return actualCost(schema, document, operation, data);
  };

  it.each<[string, string, unknown, number]>([
    ['nothing without data', '{ user(id: "a") { id } }', null, 0],
    ['nothing for what is not there', '{ user(id: "a") { id } }', { user: null }, 0],
    ['1 for an object under its alias', '{ a: user(id: "a") { id } }', { a: { id: 'a' } }, 1],
    [
      'the real length of a page',
      '{ transactions { nodes { user { id } originalTransaction { id } } } }',
      {
        transactions: {
          nodes: [
            { user: {}, originalTransaction: null },
            { user: {}, originalTransaction: {} },
          ],
        },
      },
      6,
    ],
    [
      'a page by its edges',
      '{ transactions { edges { node { ...T } } pageInfo { endCursor } } } fragment T on Transaction { user { id } }',
      { transactions: { edges: [{ node: { user: {} } }, { node: { user: {} } }], pageInfo: {} } },
      5,
    ],
    [
      '10 for a mutation, and only errors that were made',
      `mutation { changeUserStatus(input: { userId: "a", status: ACTIVE }) { user { id }
        userErrors { code ... on LimitError { limit { amount } } } } }`,
      { changeUserStatus: { user: {}, userErrors: [] } },
      11,
    ],
    [
      'no metadata',
      '{ transaction(id: "a") { metadata } }',
      { transaction: { metadata: { a: [{}, {}] } } },
      1,
    ],
  ])('counts %s', (_title, text, data, expected) => {
    expect(cost(text, data)).toBe(expected);
  });
});

describe('what an operation is counted as', () => {
  const demands = (text: string, cost = 7, variables = {}) => {
    const { document, operation } = read(text);
    return demandsOf(document, operation, variables, cost).map(
      ({ class: name, points }) => `${points} ${name}`,
    );
  };

  it('is its cost for a query, at least 1', () => {
    expect(demands('{ __typename }')).toEqual(['7 reads']);
    expect(demands('{ __typename }', 0)).toEqual(['1 reads']);
  });

  it('is 1 for a subscription', () => {
    expect(demands('subscription { balanceUpdated(userId: "a") { cursor } }')).toEqual(['1 subscriptions']);
  });

  it.each([
    ['written out', 'mutation { createTransactions(input: { items: [{}, {}, {}] }) { replayed } }', {}, 3],
    [
      'in a variable',
      'mutation ($input: I!) { createTransactions(input: $input) { replayed } }',
      { input: { items: [1, 2] } },
      2,
    ],
    [
      'in a variable of the list',
      'mutation ($items: [I!]!) { createTransactions(input: { items: $items }) { replayed } }',
      { items: Array(500).fill({}) },
      500,
    ],
    ['not there', 'mutation { createTransactions { replayed } }', {}, 1],
    ['none', 'mutation { createTransactions(input: { items: [] }) { replayed } }', {}, 1],
    ['one without a list', 'mutation { createTransactions(input: { items: {} }) { replayed } }', {}, 1],
  ])('is as many as there are items, %s', (_where, text, variables, count) => {
    expect(demands(text, 7, variables)).toEqual([`${count} money`]);
  });

  it('is each mutation by its class, in fragments as well', () => {
    expect(
      demands(`mutation { refund { replayed } ...M ... { createUser { user { id } } } }
        fragment M on Mutation { createTransaction { replayed } again: createTransaction { replayed } }`),
    ).toEqual(['3 money', '1 administration']);
  });
});
