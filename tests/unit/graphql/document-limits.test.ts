import { describe, expect, it } from '@jest/globals';
import { getIntrospectionQuery } from 'graphql';
import { createDocuments } from '../../../src/graphql/documents.js';
import { createSchema } from '../../../src/graphql/schema.js';

const check = createDocuments(createSchema());

/** The codes that a document is refused with. */
function refusals(text: string): unknown[] {
  const checked = check(text);
  return 'document' in checked ? [] : checked.map(({ extensions }) => extensions.code);
}

const times = (count: number, text: (index: number) => string) =>
  Array.from({ length: count }, (_, n) => text(n)).join(' ');
/** A wallet of the user of a transaction of the user …, `depth` fields deep. */
const deep = (depth: number): string =>
  `{ transaction(id: "a") { ${'originalTransaction { '.repeat(depth - 2)} id ${'}'.repeat(depth - 2)} } }`;
const suspend = 'changeUserStatus(input: { userId: "a", status: SUSPENDED }) { user { id } }';

describe('the limits of a document', () => {
  it.each<[string, number, (count: number) => string]>([
    ['QUERY_TOO_DEEP', 10, deep],
    ['QUERY_TOO_DEEP', 10, (n) => `{ ...Q } fragment Q on Query ${deep(n)}`],
    ['TOO_MANY_ALIASES', 15, (n) => `{ ${times(n, (index) => `a${index}: __typename`)} }`],
    [
      'TOO_MANY_ALIASES',
      15,
      (n) =>
        `{ user(id: "a") { ...F } ${times(n - 1, (index) => `a${index}: __typename`)} } fragment F on User { x: id }`,
    ],
    ['TOO_MANY_ALIASES', 15, (n) => `{ __schema { ${times(n, (index) => `a${index}: description`)} } }`],
    ['TOO_MANY_DIRECTIVES', 5, (n) => `{ ${times(n, () => '__typename @skip(if: false)')} }`],
    [
      'TOO_MANY_DIRECTIVES',
      5,
      (
        n,
      ) => `{ ... @include(if: true) { ...F @skip(if: false) } ${times(n - 2, () => '__typename @skip(if: false)')} }
        fragment F on Query { __typename }`,
    ],
    ['TOO_MANY_FIELDS', 300, (n) => `{ ${'__typename '.repeat(n)} }`],
    [
      'TOO_MANY_FIELDS',
      300,
      (n) => `{ ${'...F '.repeat(n / 10)} ${'__typename '.repeat(n % 10)} }
      fragment F on Query { ${'__typename '.repeat(10)} }`,
    ],
    ['TOO_MANY_MUTATIONS', 4, (n) => `mutation { ${times(n, (index) => `m${index}: ${suspend}`)} }`],
    [
      'TOO_MANY_MUTATIONS',
      4,
      (n) => `mutation { ...M ${times(n - 1, (index) => `m${index}: ${suspend}`)} }
      fragment M on Mutation { ${suspend} }`,
    ],
  ])('refuse with %s beyond %d', (code, max, document) => {
    expect(refusals(document(max))).toEqual([]);
    expect(refusals(document(max + 1))).toEqual([code]);
  });

  it('say what was found, what is allowed and what to do', () => {
    const checked = check(deep(11));
    expect('document' in checked || checked.map(({ message }) => message)).toEqual([
      'Fields are nested 11 deep and at most 10 are allowed: ask in steps.',
    ]);
  });

  it('hold for each operation of a document', () => {
    expect(refusals(`query A { __typename } query B ${deep(11)}`)).toEqual(['QUERY_TOO_DEEP']);
    expect(refusals(`query A ${deep(10)} query B ${deep(10)}`)).toEqual([]);
  });

  it('let as many queries stand side by side as the fields allow', () => {
    expect(refusals(`{ ${times(5, (n) => `u${n}: user(id: "a") { id }`)} }`)).toEqual([]);
  });

  it('refuse what has more than 1,000 tokens', () => {
    const tokens = (count: number) => `{ ${'x '.repeat(count - 2)} }`;
    expect(refusals(tokens(1_000))).not.toContain('GRAPHQL_PARSE_FAILED');
    expect(refusals(tokens(1_001))).toEqual(['GRAPHQL_PARSE_FAILED']);
  });

  it('measure fragments that double forty times at once', () => {
    const doubling = times(40, (n) => `fragment F${n} on Query { ...F${n + 1} ...F${n + 1} }`);
    expect(refusals(`{ ...F0 } ${doubling} fragment F40 on Query { __typename }`)).toEqual([
      'TOO_MANY_FIELDS',
    ]);
  });

  it('come to an end with a fragment that uses itself', () => {
    expect(refusals('{ ...F } fragment F on Query { ...F }')).toEqual(['GRAPHQL_VALIDATION_FAILED']);
  });

  it('let the usual introspection pass, and no circular one', () => {
    expect(refusals(getIntrospectionQuery())).toEqual([]);
    const circle = (depth: number): string =>
      depth === 0 ? 'name' : `fields { type { ${circle(depth - 1)} } }`;
    expect(refusals(`{ __schema { types { ${circle(4)} } } }`)).toEqual(['GRAPHQL_VALIDATION_FAILED']);
  });
});
