import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { verify } from '../../src/verification/verify.js';
import { startApp, type TestApp } from '../support/app.js';
import { databases } from '../support/databases.js';

const CREATE = `mutation ($input: CreateTransactionInput!) {
  createTransaction(input: $input) { transaction { id status } userErrors { code } } }`;

describe.each(databases)('verify on $name', (kind) => {
  let test: TestApp;
  let purchaseId: string;
  let pendingId: string;

  async function create(
    idempotencyKey: string,
    type: string,
    amount: string,
    currency: string,
  ): Promise<string> {
    const merchant = { merchantName: 'Kopi', merchantCategory: 'food' };
    const input = { userId: 'user-001', type, amount: { amount, currency }, idempotencyKey, ...merchant };
    const { data } = await test.graphql(CREATE, { input });
    return data.createTransaction.transaction.id;
  }

  beforeAll(async () => {
    test = await startApp(kind, { SEED_DEMO_DATA: 'true', FRAUD_HIGH_VALUE_POINTS: '60' });
    purchaseId = await create('a', 'PURCHASE', '10.01', 'SGD');
    await create('b', 'TOP_UP', '20000', 'MYR');
    pendingId = await create('c', 'TOP_UP', '30000', 'MYR');
    await test.graphql(`mutation { reviewTransaction(input: { transactionId: "${pendingId}", decision: APPROVE, note: "ok" })
      { userErrors { code } } }`);
    pendingId = await create('d', 'PURCHASE', '12000', 'MYR');
    await create('e', 'WITHDRAWAL', '40000', 'MYR');
    await test.graphql(`mutation { refund(input: { transactionId: "${purchaseId}", idempotencyKey: "f",
      amount: { amount: "3.33", currency: "SGD" } }) { userErrors { code } } }`);
    const refunded = await create('g', 'PURCHASE', '5.00', 'USD');
    await test.graphql(`mutation { refund(input: { transactionId: "${refunded}", idempotencyKey: "h",
      amount: { amount: "1.11", currency: "USD" } }) { userErrors { code } } }`);
    await test.graphql(`mutation { reverseTransaction(input: { transactionId: "${refunded}", idempotencyKey: "i",
      reason: "wrong" }) { userErrors { code } } }`);
  });
  afterAll(() => test.close());

  it('finds nothing wrong with what the server wrote', async () => {
    const { problem, summary } = await verify(test.orm);
    expect(problem).toBeUndefined();
    expect(summary).toBe('All is well: 3 users, 11 transactions, one unbroken event log.');
  });

  /** Breaks one record, asks for the verdict and mends the record again. */
  async function verdictAfter(breaking: string, mending: string): Promise<string | undefined> {
    const connection = test.orm.em.fork().getConnection();
    await connection.execute(breaking);
    const { problem } = await verify(test.orm);
    await connection.execute(mending);
    expect((await verify(test.orm)).problem).toBeUndefined();
    return problem;
  }

  it.each([
    [
      'a balance',
      'users',
      'posted = posted + 1',
      'posted = posted - 1',
      "id = 'user-001'",
      /^The posted balance \(against postings\) of user user-001 is \d+ and must be \d+\.$/,
    ],
    [
      'the past that limits and rules go by',
      'activity_sums',
      'debit_total = debit_total + 1',
      'debit_total = debit_total - 1',
      "user_id = 'user-001'",
      /^The total of debits in the activity of user user-001 is \d+ and must be \d+\.$/,
    ],
    [
      'the spending of a day',
      'activity_sums',
      'spent_today = spent_today - 1',
      'spent_today = spent_today + 1',
      "user_id = 'user-001'",
      /^The spending of the day in the activity of user user-001 is \d+ and must be \d+\.$/,
    ],
    [
      'the newest instants',
      'activity_sums',
      'newest_count = newest_count - 1',
      'newest_count = newest_count + 1',
      "user_id = 'user-001' and newest_count > 0",
      /^The newest instants in the activity of user user-001 is /,
    ],
    [
      'a hold',
      'users',
      'held = held + 1',
      'held = held - 1',
      "id = 'user-001'",
      /^The held balance \(against pending debits\) of user user-001 /,
    ],
    [
      'a version',
      'users',
      'version = version + 1',
      'version = version - 1',
      "id = 'user-002'",
      /^The version \(against the event log\) of user user-002 is 2 and must be 1\.$/,
    ],
    [
      'a status',
      'users',
      "status = 'SUSPENDED'",
      "status = 'ACTIVE'",
      "id = 'user-003'",
      /^The status \(against the event log\) of user user-003 is SUSPENDED and must be ACTIVE\.$/,
    ],
    [
      'a hash',
      'events',
      'hash = upper(hash)',
      'hash = lower(hash)',
      'position = 3',
      /^The hash of event 3 is /,
    ],
    [
      'a payload',
      'events',
      "payload = payload || ' '",
      'payload = substr(payload, 1, length(payload) - 1)',
      'position = 4',
      /^The hash of event 4 is /,
    ],
    [
      'a gap',
      'events',
      'position = 100',
      'position = 5',
      'position in (5, 100)',
      /^The position after 4 in the event log is 6 and must be 5\.$/,
    ],
    [
      'the head',
      'event_log_head',
      'position = position + 1',
      'position = position - 1',
      'id = 1',
      /^The position of the event log’s head is /,
    ],
  ])('names %s that was tampered with', async (_what, table, breaking, mending, where, message) => {
    const problem = await verdictAfter(
      `update ${table} set ${breaking} where ${where}`,
      `update ${table} set ${mending} where ${where}`,
    );
    expect(problem).toMatch(message);
  });

  it('names a transaction whose postings or refunds do not add up', async () => {
    const change = (what: string) => `update transactions set ${what} where id = '${purchaseId}'`;
    expect(
      await verdictAfter(
        change('wallet_amount = wallet_amount + 1'),
        change('wallet_amount = wallet_amount - 1'),
      ),
    ).toBe(`The net posting of transaction ${purchaseId} to wallet:user-001 is -3504 and must be -3505.`);
    expect(await verdictAfter(change('refunded_amount = 1000'), change('refunded_amount = 333'))).toBe(
      `The refunded amount of transaction ${purchaseId} is 1000 and must be 333.`,
    );
    const decide = (status: string) =>
      `update transactions set status = '${status}' where id = '${pendingId}'`;
    expect(await verdictAfter(decide('FAILED'), decide('PENDING'))).toMatch(
      /^The held balance \(against pending debits\)/,
    );
  });
});
