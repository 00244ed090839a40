import { GraphQLError, GraphQLScalarType, Kind, type ValueNode, valueFromASTUntyped } from 'graphql';
import { GraphQLDateTimeISO } from 'graphql-scalars';
import { isDecimal } from '../money/amount.js';

/** What a scalar refuses; a literal is told with its place in the document, as a variable is with its path. */
function badInput(message: string, literal?: ValueNode): GraphQLError {
  return new GraphQLError(message, { nodes: literal ?? null, extensions: { code: 'BAD_USER_INPUT' } });
}

function checkDecimal(value: unknown, literal?: ValueNode): string {
  if (typeof value === 'number') {
    throw badInput('Decimal cannot be a JSON number, which is not exact: send a string, such as "45.50".');
  }
  if (typeof value !== 'string' || !isDecimal(value)) {
    throw badInput(
      'Decimal must be a plain decimal numeral, such as "45.50": no exponent, spaces, separators or sign but a minus.',
      literal,
    );
  }
  return value;
}

export const Decimal = new GraphQLScalarType<string, string>({
  name: 'Decimal',
  description:
    'An exact decimal number as a string, such as `"45.50"`; amounts are in major units. A JSON number is refused, since it is not exact; a literal in the document (`amount: 45.50`) is exact text and is accepted.',
  serialize: (value) => String(value),
  parseValue: (value) => checkDecimal(value),
  parseLiteral: (node) => {
    if (node.kind === Kind.INT || node.kind === Kind.FLOAT || node.kind === Kind.STRING)
      return checkDecimal(node.value, node);
    return checkDecimal(undefined, node);
  },
});

function checkCurrencyCode(value: unknown, literal?: ValueNode): string {
  if (typeof value !== 'string' || !/^[A-Z]{3}$/.test(value)) {
    throw badInput('CurrencyCode must be three capital letters, such as "MYR".', literal);
  }
  return value;
}

export const CurrencyCode = new GraphQLScalarType<string, string>({
  name: 'CurrencyCode',
  description: 'An ISO 4217 currency code in capitals, such as `"MYR"`.',
  serialize: (value) => String(value),
  parseValue: (value) => checkCurrencyCode(value),
  parseLiteral: (node) => checkCurrencyCode(node.kind === Kind.STRING ? node.value : undefined, node),
});

const parseInstant = GraphQLDateTimeISO.parseValue;

const INSTANT_MIN = Date.parse('0001-01-01T00:00:00Z');
const INSTANT_MAX = Date.parse('9999-12-31T23:59:59.999Z');

/** Whether both databases can hold an instant: one of the years 1 to 9999, as RFC 3339 writes them. */
export function isStorable(instant: Date): boolean {
  return instant.getTime() >= INSTANT_MIN && instant.getTime() <= INSTANT_MAX;
}

function checkInstant(value: unknown, literal?: ValueNode): Date {
  const refuse = () =>
    badInput(
      'DateTime must be an RFC 3339 date and time with an offset, such as "2026-11-23T08:00:00Z".',
      literal,
    );
  if (typeof value !== 'string') throw refuse();
  let instant: Date;
  try {
    instant = parseInstant(value) as Date;
  } catch {
    throw refuse();
  }
  if (!isStorable(instant)) throw refuse();
  return instant;
}

export const DateTime = new GraphQLScalarType<Date, string>({
  name: 'DateTime',
  description:
    'An instant in RFC 3339 form, with any offset when sent and in UTC with milliseconds when answered.',
  serialize: (value) => (value as Date).toISOString(),
  parseValue: (value) => checkInstant(value),
  parseLiteral: (node) => checkInstant(node.kind === Kind.STRING ? node.value : undefined, node),
});

function checkCursor(value: unknown, literal?: ValueNode): string {
  if (typeof value !== 'string') throw badInput('EventCursor must be a string, as it was given.', literal);
  return value;
}

export const EventCursor = new GraphQLScalarType<string, string>({
  name: 'EventCursor',
  description: 'Where a stream of events stands. Opaque: keep it as it is and send it back.',
  serialize: (value) => String(value),
  parseValue: (value) => checkCursor(value),
  parseLiteral: (node) => checkCursor(node.kind === Kind.STRING ? node.value : undefined, node),
});

export const Json = new GraphQLScalarType<unknown, unknown>({
  name: 'JSON',
  description: 'Any JSON value, returned as it was given.',
  serialize: (value) => value,
  parseValue: (value) => value,
  parseLiteral: (node, variables) => valueFromASTUntyped(node, variables),
});
