import { Transaction } from '../../src/ledger/transaction.js';
import type { Calls, Told } from './api.js';
import type { TestApp } from './app.js';
import { makeTransaction } from './ledger.js';

const MONEY = '{ amount currency }';
const GROUP = `amount ${MONEY} count share`;

/** Everything that spending analytics answer, but for when. */
export const SPENDING = `total ${MONEY} count average ${MONEY} largest ${MONEY} refunded ${MONEY} previousTotal ${MONEY} change
  byCategory { category ${GROUP} previous ${MONEY} change } byMerchant(first: 3) { merchant ${GROUP} }
  series { start end amount ${MONEY} count } byHourOfDay { hour amount ${MONEY} count }`;

export const INSIGHTS = `count averageTransaction ${MONEY} purchasesPerWeek usualHours { hour amount ${MONEY} count }
  topCategories { category ${GROUP} } topMerchants { merchant ${GROUP} }
  month { start end toDate ${MONEY} previousToDate ${MONEY} change previousMonth ${MONEY} projection ${MONEY} }`;

const ASK = `query($userId: ID!, $from: DateTime!, $to: DateTime!, $granularity: Granularity! = DAY, $currency: CurrencyCode)
  { spendingAnalytics(userId: $userId, from: $from, to: $to, granularity: $granularity, currency: $currency) { ${SPENDING} } }`;

export interface SpendingVariables {
  readonly userId: string;
  readonly from: string;
  readonly to: string;
  readonly granularity?: string;
  readonly currency?: string;
}

export async function askSpending(call: Calls, variables: SpendingVariables): Promise<Told> {
  return (await call.query(ASK, { ...variables })).spendingAnalytics;
}

export function refuseSpending(test: TestApp, variables: Record<string, unknown>) {
  return test.graphql(ASK, variables);
}

export async function askInsights(call: Calls, userId: string): Promise<Told> {
  const { userInsights } = await call.query(
    `query($userId: ID!) { userInsights(userId: $userId) { ${INSIGHTS} } }`,
    { userId },
  );
  return userInsights;
}

type Values = Parameters<typeof makeTransaction>[0];

/** Puts rows into the database as they are: what no quick series of commands could have made. */
export async function insertRows({ orm }: TestApp, userId: string, rows: readonly Values[]): Promise<void> {
  const made = rows.map((values, index) =>
    makeTransaction({ ...values, userId, idempotencyKey: `row-${index}` }),
  );
  for (let start = 0; start < made.length; start += 500) {
    await orm.em.fork().insertMany(Transaction, made.slice(start, start + 500));
  }
}

export function rowsOf({ orm }: TestApp, userId: string): Promise<Transaction[]> {
  return orm.em.fork().find(Transaction, { userId });
}
