import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  type Calls,
  callsOf,
  money,
  snapshot,
  type Told,
  TRANSACTION,
  USER_ERRORS,
  unique,
} from '../support/api.js';
import { startApp, type TestApp } from '../support/app.js';
import { databases } from '../support/databases.js';

const DOCUMENT = `mutation ($input: CreateTransactionsInput!) { createTransactions(input: $input) {
  results { transaction { ${TRANSACTION} } replayed ${USER_ERRORS} } ${USER_ERRORS} } }`;

type Item = Record<string, unknown>;

function purchaseOf(userId: string, amount: string, more: Item = {}): Item {
  const merchant = { merchantName: 'Kopi', merchantCategory: 'food' };
  return { userId, amount: money(amount), ...merchant, idempotencyKey: unique('key'), ...more };
}

describe.each(databases)('createTransactions on $name', (kind) => {
  let test: TestApp;
  let call: Calls;
  beforeAll(async () => {
    // Rules flag, but none holds: what is tested is who is decided when.
    const points = ['VELOCITY', 'SUSPICIOUS_VELOCITY', 'UNUSUAL_AMOUNT'].map(
      (rule) => `FRAUD_${rule}_POINTS`,
    );
    test = await startApp(kind, {
      ...Object.fromEntries(points.map((name) => [name, '0'])),
      COMMIT_BATCH_MAX: '64',
    });
    call = callsOf(test);
  });
  afterAll(() => test.close());

  const create = async (items: readonly Item[]): Promise<Told> => {
    const { createTransactions } = await call.query(DOCUMENT, { input: { items } });
    return createTransactions;
  };
  const codesOf = ({ results }: Told): unknown[] =>
    results.map(({ transaction, userErrors }: Told) => [transaction?.status ?? null, userErrors[0]?.code]);

  it('tells the outcome of each item in the order of the input, whoever it is about', async () => {
    const [ann, bob] = [await call.newUser({ funds: '100.00' }), await call.newUser({ funds: '10.00' })];
    const items = [
      purchaseOf(ann, '45.50 MYR'),
      purchaseOf(bob, '45.50 MYR'),
      purchaseOf(ann, '1.005 MYR'),
      purchaseOf('nobody', '1.00 MYR'),
      { userId: bob, type: 'TOP_UP', amount: money('40.00 MYR'), idempotencyKey: unique('key') },
      purchaseOf(bob, '45.50 MYR'),
    ];
    const told = await create(items);
    expect(told.userErrors).toEqual([]);
    expect(codesOf(told)).toEqual([
      ['COMPLETED', undefined],
      ['FAILED', 'INSUFFICIENT_BALANCE'],
      [null, 'INVALID_AMOUNT'],
      [null, 'USER_NOT_FOUND'],
      ['COMPLETED', undefined],
      ['COMPLETED', undefined],
    ]);
    expect(told.results.map(({ userErrors }: Told) => userErrors[0]?.path)).toEqual([
      undefined,
      ['input', 'items', '1', 'amount'],
      ['input', 'items', '2', 'amount', 'amount'],
      ['input', 'items', '3', 'userId'],
      undefined,
      undefined,
    ]);
    expect(told.results[1].userErrors[0]).toMatchObject({
      __typename: 'InsufficientBalanceError',
      available: money('10.00 MYR'),
      required: money('45.50 MYR'),
    });
    expect(await call.wallet(ann)).toEqual(['54.50', '0.00', '54.50', 2]);
    expect(await call.wallet(bob)).toEqual(['4.50', '0.00', '4.50', 3]);
  });

  it("decides a user's items one after the other, over as many batches as it takes", async () => {
    const userId = await call.newUser({ funds: '150.00' });
    const items = Array.from({ length: 200 }, (_, index) => purchaseOf(userId, `${1 + (index % 2)}.00 MYR`));
    const told = await create(items);
    // 1.50 on average: exactly the first hundred are paid for, and nothing is left for the others.
    expect(codesOf(told)).toEqual(
      items.map((_item, index) =>
        index < 100 ? ['COMPLETED', undefined] : ['FAILED', 'INSUFFICIENT_BALANCE'],
      ),
    );
    const ids = told.results.map(({ transaction }: Told) => transaction.id);
    expect([...ids].sort()).toEqual(ids);
    expect(await call.wallet(userId)).toEqual(['0.00', '0.00', '0.00', 101]);
  });

  it('takes a key that comes twice once, and refuses it for another payment', async () => {
    const userId = await call.newUser({ funds: '100.00' });
    const item = purchaseOf(userId, '10.00 MYR');
    const told = await create([item, item, { ...item, amount: money('11.00 MYR') }]);
    expect(told.results.map(({ replayed }: Told) => replayed)).toEqual([false, true, false]);
    expect(told.results[1].transaction).toEqual(told.results[0].transaction);
    expect(told.results[2]).toMatchObject({
      transaction: null,
      userErrors: [{ code: 'IDEMPOTENCY_KEY_REUSED', path: ['input', 'items', '2', 'idempotencyKey'] }],
    });
    expect(await call.wallet(userId)).toEqual(['90.00', '0.00', '90.00', 2]);
  });

  it('answers a call that is sent again as it did at first, and writes nothing', async () => {
    const userId = await call.newUser({ funds: '15.00' });
    const items = Array.from({ length: 5 }, () => purchaseOf(userId, '5.00 MYR'));
    const first = await create(items);
    expect(codesOf(first).slice(3)).toEqual([
      ['FAILED', 'INSUFFICIENT_BALANCE'],
      ['FAILED', 'INSUFFICIENT_BALANCE'],
    ]);
    const before = await snapshot(test);
    const again = await create(items);
    expect(again.results).toEqual(first.results.map((result: Told) => ({ ...result, replayed: true })));
    expect(await snapshot(test)).toEqual(before);
  });

  it('shares keys with createTransaction', async () => {
    const userId = await call.newUser({ funds: '100.00' });
    const single = await call.purchase(userId, '10.00 MYR', { idempotencyKey: 'shared' });
    const { results } = await create([purchaseOf(userId, '10.00 MYR', { idempotencyKey: 'shared' })]);
    expect(results).toEqual([{ ...single, replayed: true }]);
  });

  it.each([0, 501])('refuses a call of %d items as a whole', async (count) => {
    const userId = await call.newUser({ funds: '1000.00' });
    const before = await snapshot(test);
    const told = await create(Array.from({ length: count }, () => ({ ...purchaseOf(userId, '1.00 MYR') })));
    expect(told).toEqual({
      results: [],
      userErrors: [
        {
          __typename: 'InputError',
          code: 'INVALID_ITEM_COUNT',
          message: `There are ${count} items; one call takes 1 to 500.`,
          path: ['input', 'items'],
        },
      ],
    });
    expect(await snapshot(test)).toEqual(before);
  });

  it('takes 500', async () => {
    const userId = await call.newUser({ funds: '1000.00' });
    const items = Array.from({ length: 500 }, () => purchaseOf(userId, '1.00 MYR'));
    const told = await call.query(
      `mutation ($input: CreateTransactionsInput!) { createTransactions(input: $input) { results { transaction { status } } } }`,
      { input: { items } },
    );
    expect(told.createTransactions.results).toEqual(
      items.map(() => ({ transaction: { status: 'COMPLETED' } })),
    );
    expect(await call.wallet(userId)).toEqual(['500.00', '0.00', '500.00', 501]);
  });

  it('turns the whole call away when the queue has no room for all of it', async () => {
    await using small = await startApp(kind, { COMMIT_QUEUE_MAX: '3' });
    const userId = await callsOf(small).newUser({ funds: '100.00' });
    const ask = (count: number) =>
      small.graphql(
        'mutation ($input: CreateTransactionsInput!) { createTransactions(input: $input) { results { replayed } } }',
        { input: { items: Array.from({ length: count }, () => purchaseOf(userId, '1.00 MYR')) } },
      );
    const before = await snapshot(small);
    const { data, errors } = await ask(4);
    expect(data).toBeNull();
    expect(errors.map(({ extensions }) => extensions)).toMatchObject([
      { code: 'OVERLOADED', retryable: true },
    ]);
    expect(await snapshot(small)).toEqual(before);
    expect((await ask(3)).data.createTransactions.results).toEqual(Array(3).fill({ replayed: false }));
  });
});
