import { z } from 'zod';
import { rules } from '../fraud/rules/index.js';
import { transactionStatuses, transactionTypes } from '../ledger/transaction.js';
import { checkCategory } from '../operations/check-text.js';
import type { TransactionCriteria } from '../queries/list-transactions.js';
import { badUserInput } from './errors.js';
import { readAmount } from './read-amount.js';
import { DateTime, Decimal } from './scalars.js';

const text = z.string('must be given once').min(1, 'must not be empty').optional();

/** Values that are separated by commas, or given one by one under the same name. */
const list = z
  .union([z.string(), z.array(z.string())])
  .transform((values) => [values].flat().flatMap((value) => value.split(',')));

const listOf = <const T extends readonly [string, ...string[]]>(values: T) =>
  list.pipe(z.array(z.enum(values, `must be of ${values.join(', ')}`))).optional();

const score = z
  .string('must be given once')
  .regex(/^-?[0-9]{1,9}$/, 'must be a whole number')
  .transform(Number)
  .optional();

const flags = rules.map(({ flag }) => flag) as unknown as readonly [string, ...string[]];

/** Names what `transactions` calls a filter; bounds are From, inclusive, and To, exclusive. */
const parameters = z.strictObject({
  userId: text,
  status: listOf(transactionStatuses),
  type: listOf(transactionTypes),
  merchantCategory: list.optional(),
  from: text,
  to: text,
  amountFrom: text,
  amountTo: text,
  fraudScoreFrom: score,
  fraudScoreTo: score,
  fraudFlag: listOf(flags),
});

/** Reads which transactions are to be exported from the parameters of a URL. */
export function readExportQuery(query: unknown, base: string): TransactionCriteria {
  const parsed = parameters.safeParse(query);
  if (!parsed.success) throw refusalOf(parsed.error);
  const { from, to, amountFrom, amountTo, fraudScoreFrom, fraudScoreTo, ...others } = parsed.data;
  for (const category of others.merchantCategory ?? []) checkCategory(category, ['merchantCategory']);
  return {
    ...others,
    createdAt: { gte: readInstant('from', from), lt: readInstant('to', to) },
    baseAmount: { gte: readBound('amountFrom', amountFrom, base), lt: readBound('amountTo', amountTo, base) },
    fraudScore: { gte: fraudScoreFrom, lt: fraudScoreTo },
  };
}

function refusalOf({ issues }: z.ZodError) {
  const [issue] = issues;
  if (issue?.code === 'unrecognized_keys') {
    const [unknown = ''] = issue.keys;
    const known = Object.keys(parameters.shape).join(', ');
    return badUserInput(`There is no parameter ${JSON.stringify(unknown)}; there are ${known}.`, [unknown]);
  }
  const name = String(issue?.path[0]);
  return badUserInput(`${name} ${issue?.message}.`, [name]);
}

function readInstant(name: string, given: string | undefined): Date | undefined {
  return given === undefined ? undefined : located(name, () => DateTime.parseValue(given));
}

function readBound(name: string, given: string | undefined, base: string): bigint | undefined {
  if (given === undefined) return undefined;
  return readAmount(
    located(name, () => Decimal.parseValue(given)),
    base,
    name,
    [name],
  );
}

/** What a scalar refuses, told with the name of the parameter. */
function located<T>(name: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw badUserInput(`${name}: ${(error as Error).message}`, [name]);
  }
}
