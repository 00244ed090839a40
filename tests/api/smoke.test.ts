import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startApp, type TestApp } from '../support/app.js';
import { databases } from '../support/databases.js';

describe.each(databases)('a first purchase on $name', (kind) => {
  let test: TestApp;
  beforeAll(async () => {
    test = await startApp(kind, { SEED_DEMO_DATA: 'true' });
  });
  afterAll(() => test.close());

  it('debits the wallet', async () => {
    const answer = await test.graphql(`mutation { createTransaction(input: { userId: "user-001",
      amount: { amount: "45.50", currency: "MYR" }, merchantName: "Kopi", merchantCategory: "food", idempotencyKey: "k1" }) {
      transaction { status user { balance { available { amount } version } } } replayed userErrors { code message } } }`);
    expect(answer).toEqual({
      status: 200,
      errors: [],
      data: {
        createTransaction: {
          transaction: { status: 'COMPLETED', user: { balance: { available: { amount: '954.50' }, version: 2 } } },
          replayed: false,
          userErrors: [],
        },
      },
    });
  });
});
