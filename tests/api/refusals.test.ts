import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Calls, callsOf, money, postingsOf, snapshot, type Told, unique } from '../support/api.js';
import { NOON, startApp, type TestApp } from '../support/app.js';
import { databases } from '../support/databases.js';

const NO_ID = '00000000-0000-7000-8000-000000000000';

/** Codes that only webhooks, API keys and calls of many items know; their own tests provoke each of them. */
const toldElsewhere = new Set([
  'INVALID_ITEM_COUNT',
  'INVALID_WEBHOOK_URL',
  'WEBHOOK_ADDRESS_REFUSED',
  'INVALID_WEBHOOK_DESCRIPTION',
  'INVALID_EVENT_TYPES',
  'INVALID_SECRET_OVERLAP',
  'INVALID_CURSOR',
  'WEBHOOK_LIMIT_REACHED',
  'WEBHOOK_ENDPOINT_NOT_FOUND',
  'WEBHOOK_DELIVERY_NOT_FOUND',
  'INVALID_KEY_NAME',
  'INVALID_SCOPES',
  'SCOPE_NOT_HELD',
  'INVALID_EXPIRY',
  'API_KEY_REVOKED',
  'API_KEY_LIMIT_REACHED',
  'API_KEY_NOT_FOUND',
]);

describe.each(databases)('every refusal on $name', (kind) => {
  let test: TestApp;
  let call: Calls;
  const seen = new Set<string>();
  beforeAll(async () => {
    test = await startApp(kind);
    call = callsOf(test);
  });
  afterAll(() => test.close());

  /** The call is refused by exactly this error and leaves the database exactly as it was. */
  async function refuses(asked: () => Promise<Told>, error: Record<string, unknown>): Promise<Told> {
    const before = await snapshot(test);
    const payload = await asked();
    expect(payload.userErrors).toEqual([{ message: expect.stringMatching(/^\S.*\.$/s), ...error }]);
    expect(payload.transaction ?? payload.user ?? null).toBeNull();
    expect(await snapshot(test)).toEqual(before);
    seen.add(error.code as string);
    return payload;
  }

  /** The call is refused by exactly this error; the attempt is kept as one failed transaction and one event. */
  async function recordsRefusal(asked: () => Promise<Told>, error: Record<string, unknown>): Promise<Told> {
    const before = await snapshot(test);
    const { transaction, replayed, userErrors } = await asked();
    const after = await snapshot(test);
    expect(userErrors).toEqual([{ message: expect.stringMatching(/^\S.*\.$/s), ...error }]);
    expect(replayed).toBe(false);
    expect(transaction.status).toBe('FAILED');
    expect(transaction.failure).toEqual({ code: error.code, message: userErrors[0].message });
    expect(await postingsOf(test, transaction.id)).toEqual([]);
    expect(after).toEqual({
      ...before,
      transactions: before.transactions + 1,
      events: before.events + 1,
      position: before.position + 1,
      hash: expect.not.stringMatching(before.hash),
    });
    seen.add(error.code as string);
    return transaction;
  }

  const inputError = (code: string, ...path: string[]) => ({ __typename: 'InputError', code, path });

  describe('of createTransaction', () => {
    it.each([
      ['INVALID_AMOUNT', { amount: money('0.001 MYR') }, ['input', 'amount', 'amount']],
      ['UNSUPPORTED_CURRENCY', { amount: money('1.00 EUR') }, ['input', 'amount', 'currency']],
      ['UNSUPPORTED_CURRENCY', { amount: money('1.00 XXX') }, ['input', 'amount', 'currency']],
      ['AMOUNT_BELOW_MINIMUM', { amount: money('0.00 MYR') }, ['input', 'amount', 'amount']],
      ['AMOUNT_ABOVE_MAXIMUM', { amount: money('50000.01 MYR') }, ['input', 'amount', 'amount']],
      ['INVALID_TRANSACTION_TYPE', { type: 'REFUND' }, ['input', 'type']],
      ['INVALID_MERCHANT_NAME', { merchantName: null }, ['input', 'merchantName']],
      ['INVALID_MERCHANT_NAME', { merchantName: ' ' }, ['input', 'merchantName']],
      ['INVALID_MERCHANT_NAME', { merchantName: 'x'.repeat(256) }, ['input', 'merchantName']],
      ['INVALID_MERCHANT_CATEGORY', { merchantCategory: null }, ['input', 'merchantCategory']],
      ['INVALID_MERCHANT_CATEGORY', { merchantCategory: 'Food' }, ['input', 'merchantCategory']],
      ['INVALID_MERCHANT_CATEGORY', { merchantCategory: 'x'.repeat(51) }, ['input', 'merchantCategory']],
      ['INVALID_METADATA', { metadata: ['a list'] }, ['input', 'metadata']],
      ['INVALID_IDEMPOTENCY_KEY', { idempotencyKey: '' }, ['input', 'idempotencyKey']],
      ['INVALID_IDEMPOTENCY_KEY', { idempotencyKey: 'x'.repeat(129) }, ['input', 'idempotencyKey']],
      ['INVALID_IDEMPOTENCY_KEY', { idempotencyKey: 'a b' }, ['input', 'idempotencyKey']],
    ])('is %s for %.60j, and nothing is recorded', async (code, input, path) => {
      const userId = await call.newUser({ funds: '100.00' });
      await refuses(() => call.purchase(userId, '10.00 MYR', input), inputError(code, ...path));
    });

    it('is AMOUNT_BELOW_MINIMUM when the wallet would be debited nothing', async () => {
      const userId = await call.newUser({ currency: 'USD', funds: '10.00' });
      const error = inputError('AMOUNT_BELOW_MINIMUM', 'input', 'amount', 'amount');
      await refuses(() => call.purchase(userId, '0.01 MYR'), error);
    });

    it.each(['nobody', 'no such id', '', 'x'.repeat(1_000)])('is USER_NOT_FOUND for %j', async (userId) => {
      const error = {
        __typename: 'NotFoundError',
        code: 'USER_NOT_FOUND',
        path: ['input', 'userId'],
        id: userId,
      };
      await refuses(() => call.purchase(userId, '10.00 MYR'), error);
    });

    it('is IDEMPOTENCY_KEY_REUSED, with the transaction that the key made, for another input', async () => {
      const userId = await call.newUser({ funds: '100.00' });
      const idempotencyKey = unique('key');
      const { transaction } = await call.purchase(userId, '10.00 MYR', { idempotencyKey });
      await refuses(() => call.purchase(userId, '10.01 MYR', { idempotencyKey }), {
        __typename: 'IdempotencyError',
        code: 'IDEMPOTENCY_KEY_REUSED',
        path: ['input', 'idempotencyKey'],
        transactionId: transaction.id,
        firstSeenAt: NOON,
      });
    });

    it.each(['purchase', 'withdraw', 'topUp'] as const)(
      'is USER_SUSPENDED for a %s of a suspended user, and is recorded',
      async (name) => {
        const userId = await call.newUser({ funds: '100.00' });
        await call.setStatus(userId, 'SUSPENDED');
        await recordsRefusal(() => call[name](userId, '10.00 MYR'), {
          __typename: 'UserStatusError',
          code: 'USER_SUSPENDED',
          path: ['input', 'userId'],
          status: 'SUSPENDED',
        });
      },
    );

    it.each(['purchase', 'withdraw', 'topUp'] as const)(
      'is USER_CLOSED for a %s of a closed user, and is recorded',
      async (name) => {
        const userId = await call.newUser();
        await call.setStatus(userId, 'CLOSED');
        await recordsRefusal(() => call[name](userId, '10.00 MYR'), {
          __typename: 'UserStatusError',
          code: 'USER_CLOSED',
          path: ['input', 'userId'],
          status: 'CLOSED',
        });
      },
    );

    it.each(['purchase', 'withdraw'] as const)(
      'is INSUFFICIENT_BALANCE for a %s in another currency, in the money of the wallet, and is recorded',
      async (name) => {
        const userId = await call.newUser({ funds: '34.99' });
        await recordsRefusal(() => call[name](userId, '10.00 SGD'), {
          __typename: 'InsufficientBalanceError',
          code: 'INSUFFICIENT_BALANCE',
          path: ['input', 'amount'],
          available: money('34.99 MYR'),
          required: money('35.00 MYR'),
        });
        expect(await call.wallet(userId)).toEqual(['34.99', '0.00', '34.99', 1]);
      },
    );

    it('is DAILY_LIMIT_EXCEEDED, in base currency, before the balance is looked at, and is recorded', async () => {
      const userId = await call.newUser({ currency: 'SGD' });
      for (let count = 0; count < 3; count += 1) await call.topUp(userId, '14000.00 SGD');
      await call.withdraw(userId, '14000.00 SGD');
      await call.withdraw(userId, '14000.00 SGD');
      expect(await call.wallet(userId)).toEqual(['14000.00', '0.00', '14000.00', 5]);
      await recordsRefusal(() => call.purchase(userId, '14000.00 SGD'), {
        __typename: 'LimitError',
        code: 'DAILY_LIMIT_EXCEEDED',
        path: ['input', 'amount'],
        limit: money('100000.00 MYR'),
        used: money('98000.00 MYR'),
        remaining: money('2000.00 MYR'),
      });
    });
  });

  describe('of refund', () => {
    it.each([NO_ID, 'not an id', ''])('is TRANSACTION_NOT_FOUND for %j', async (id) => {
      const path = ['input', 'transactionId'];
      const error = { __typename: 'NotFoundError', code: 'TRANSACTION_NOT_FOUND', path, id };
      await refuses(() => call.refund(id, '1.00 MYR'), error);
      await refuses(() => call.reverse(id), error);
      await refuses(() => call.review(id, 'APPROVE'), error);
    });

    it('is INVALID_REASON, INVALID_AMOUNT or AMOUNT_BELOW_MINIMUM for what is wrong with the input', async () => {
      const userId = await call.newUser({ funds: '100.00' });
      const { id } = (await call.purchase(userId, '10.00 MYR')).transaction;
      const amountError = (code: string) => inputError(code, 'input', 'amount', 'amount');
      await refuses(
        () => call.refund(id, undefined, { reason: '' }),
        inputError('INVALID_REASON', 'input', 'reason'),
      );
      await refuses(() => call.refund(id, '0.001 MYR'), amountError('INVALID_AMOUNT'));
      await refuses(() => call.refund(id, '0.00 MYR'), amountError('AMOUNT_BELOW_MINIMUM'));
      await refuses(() => call.refund(id, '-1.00 MYR'), amountError('AMOUNT_BELOW_MINIMUM'));
      await refuses(
        () => call.refund(id, undefined, { idempotencyKey: 'ключ' }),
        inputError('INVALID_IDEMPOTENCY_KEY', 'input', 'idempotencyKey'),
      );
    });

    it.each(['1.00 SGD', '1.00 EUR', '1.00 XXX'])(
      'is INVALID_AMOUNT for %s of a purchase in MYR',
      async (amount) => {
        const userId = await call.newUser({ funds: '100.00' });
        const { id } = (await call.purchase(userId, '10.00 MYR')).transaction;
        await refuses(
          () => call.refund(id, amount),
          inputError('INVALID_AMOUNT', 'input', 'amount', 'currency'),
        );
      },
    );

    it('is TRANSACTION_NOT_REFUNDABLE for whatever is not a completed purchase', async () => {
      const userId = await call.newUser({ funds: '100.00' });
      const topUp = (await call.topUp(userId, '10.00 MYR')).transaction;
      const withdrawal = (await call.withdraw(userId, '5.00 MYR')).transaction;
      const failed = (await call.purchase(userId, '1000.00 MYR')).transaction;
      const purchase = (await call.purchase(userId, '20.00 MYR')).transaction;
      const refund = (await call.refund(purchase.id, '4.00 MYR')).transaction;
      await call.reverse(purchase.id);
      for (const { id } of [topUp, withdrawal, failed, purchase, refund]) {
        await refuses(() => call.refund(id), {
          __typename: 'RefundError',
          code: 'TRANSACTION_NOT_REFUNDABLE',
          path: ['input', 'transactionId'],
          refundable: money('0.00 MYR'),
        });
      }
    });

    it('is REFUND_EXCEEDS_REMAINING, with what is left, for too much', async () => {
      const userId = await call.newUser({ funds: '100.00' });
      const { id } = (await call.purchase(userId, '10.00 SGD')).transaction;
      await call.refund(id, '4.00 SGD');
      const error = {
        __typename: 'RefundError',
        code: 'REFUND_EXCEEDS_REMAINING',
        path: ['input', 'amount', 'amount'],
        refundable: money('6.00 SGD'),
      };
      await refuses(() => call.refund(id, '6.01 SGD'), error);
      await call.refund(id);
      await refuses(() => call.refund(id), {
        ...error,
        path: ['input', 'transactionId'],
        refundable: money('0.00 SGD'),
      });
    });

    it('is USER_CLOSED once the user is, while a suspended user receives it', async () => {
      const userId = await call.newUser({ funds: '10.00' });
      const { id } = (await call.purchase(userId, '10.00 MYR')).transaction;
      await call.setStatus(userId, 'SUSPENDED');
      expect((await call.refund(id, '1.00 MYR')).userErrors).toEqual([]);
      await call.setStatus(userId, 'ACTIVE');
      await call.withdraw(userId, '1.00 MYR');
      await call.setStatus(userId, 'CLOSED');
      const error = {
        __typename: 'UserStatusError',
        code: 'USER_CLOSED',
        path: ['input', 'transactionId'],
        status: 'CLOSED',
      };
      await refuses(() => call.refund(id), error);
      await refuses(() => call.reverse(id), error);
    });
  });

  describe('of reviewTransaction and reverseTransaction', () => {
    it('is INVALID_STATUS_TRANSITION, with where it can go, for every status it cannot leave so', async () => {
      const userId = await call.newUser({ funds: '100.00' });
      const completed = (await call.purchase(userId, '1.00 MYR')).transaction;
      const failed = (await call.purchase(userId, '1000.00 MYR')).transaction;
      const reversed = (await call.purchase(userId, '2.00 MYR')).transaction;
      await call.reverse(reversed.id);
      const error = (current: string, allowed: string[]) => ({
        __typename: 'StatusTransitionError',
        code: 'INVALID_STATUS_TRANSITION',
        path: ['input', 'transactionId'],
        current,
        allowed,
      });
      for (const decision of ['APPROVE', 'REJECT'] as const) {
        await refuses(() => call.review(completed.id, decision), error('COMPLETED', ['REVERSED']));
        await refuses(() => call.review(failed.id, decision), error('FAILED', []));
        await refuses(() => call.review(reversed.id, decision), error('REVERSED', []));
      }
      await refuses(() => call.reverse(failed.id), error('FAILED', []));
      await refuses(() => call.reverse(reversed.id), error('REVERSED', []));
    });

    it('is INVALID_NOTE or INVALID_REASON for an empty or too long text', async () => {
      const userId = await call.newUser({ funds: '100.00' });
      const { id } = (await call.purchase(userId, '1.00 MYR')).transaction;
      for (const text of ['', '\n', 'x'.repeat(501)]) {
        await refuses(() => call.review(id, 'REJECT', text), inputError('INVALID_NOTE', 'input', 'note'));
        await refuses(
          () => call.reverse(id, { reason: text }),
          inputError('INVALID_REASON', 'input', 'reason'),
        );
      }
    });

    it('is INSUFFICIENT_BALANCE for undoing a top-up whose money is spent', async () => {
      const userId = await call.newUser();
      const { id } = (await call.topUp(userId, '10.00 USD')).transaction;
      await call.purchase(userId, '0.01 MYR');
      await refuses(() => call.reverse(id), {
        __typename: 'InsufficientBalanceError',
        code: 'INSUFFICIENT_BALANCE',
        path: ['input', 'transactionId'],
        available: money('46.99 MYR'),
        required: money('47.00 MYR'),
      });
    });

    it('is REVIEW_REJECTED as the failure of a transaction that an analyst rejected', async () => {
      test.clock.set('2026-03-10T16:00:00.000Z');
      const userId = await call.newUser({ funds: '30000.00' });
      await call.purchase(userId, '1.00 MYR');
      const held = (await call.purchase(userId, '10000.01 MYR')).transaction;
      test.clock.set(NOON);
      expect([held.status, held.fraudScore]).toEqual(['PENDING', 60]);
      const { transaction, userErrors } = await call.review(held.id, 'REJECT', 'card reported stolen');
      expect(userErrors).toEqual([]);
      expect(transaction.failure).toEqual({
        code: 'REVIEW_REJECTED',
        message: 'Rejected in review: card reported stolen',
      });
      seen.add(transaction.failure.code);
    });
  });

  describe('of createUser and changeUserStatus', () => {
    const valid = () => ({ email: `${unique('e')}@example.com`, fullName: 'Tan Wei Ling', currency: 'SGD' });

    it.each([
      ['INVALID_USER_ID', { id: '' }, 'id'],
      ['INVALID_USER_ID', { id: 'x'.repeat(37) }, 'id'],
      ['INVALID_USER_ID', { id: 'a b' }, 'id'],
      ['INVALID_EMAIL', { email: 'nobody' }, 'email'],
      ['INVALID_EMAIL', { email: `${'x'.repeat(243)}@example.com` }, 'email'],
      ['INVALID_FULL_NAME', { fullName: ' ' }, 'fullName'],
      ['INVALID_FULL_NAME', { fullName: 'x'.repeat(256) }, 'fullName'],
      ['INVALID_TIME_ZONE', { timeZone: 'Mars/Olympus' }, 'timeZone'],
      ['INVALID_TIME_ZONE', { timeZone: '+08:00' }, 'timeZone'],
      ['UNSUPPORTED_CURRENCY', { currency: 'EUR' }, 'currency'],
    ])('is %s for %j', async (code, input, field) => {
      await refuses(
        () => call.mutate('createUser', { ...valid(), ...input }),
        inputError(code, 'input', field),
      );
    });

    it('is USER_ID_TAKEN or EMAIL_TAKEN, whatever the case of the e-mail', async () => {
      const id = await call.newUser({ email: 'Daniel.Lee@example.com' });
      await refuses(
        () => call.mutate('createUser', { ...valid(), id }),
        inputError('USER_ID_TAKEN', 'input', 'id'),
      );
      await refuses(
        () => call.mutate('createUser', { ...valid(), email: 'dANIEL.lEE@EXAMPLE.com' }),
        inputError('EMAIL_TAKEN', 'input', 'email'),
      );
    });

    it('is USER_NOT_FOUND, INVALID_REASON, USER_NOT_EMPTY or INVALID_USER_STATUS_TRANSITION', async () => {
      const userId = await call.newUser({ funds: '0.01' });
      const statusError = (code: string, status: string) => ({
        __typename: 'UserStatusError',
        code,
        path: ['input', 'status'],
        status,
      });
      await refuses(() => call.setStatus('nobody', 'SUSPENDED'), {
        __typename: 'NotFoundError',
        code: 'USER_NOT_FOUND',
        path: ['input', 'userId'],
        id: 'nobody',
      });
      await refuses(
        () => call.mutate('changeUserStatus', { userId, status: 'SUSPENDED', reason: '' }),
        inputError('INVALID_REASON', 'input', 'reason'),
      );
      await refuses(() => call.setStatus(userId, 'CLOSED'), statusError('USER_NOT_EMPTY', 'ACTIVE'));
      await refuses(
        () => call.setStatus(userId, 'ACTIVE'),
        statusError('INVALID_USER_STATUS_TRANSITION', 'ACTIVE'),
      );
      await call.withdraw(userId, '0.01 MYR');
      await call.setStatus(userId, 'CLOSED');
      for (const status of ['ACTIVE', 'SUSPENDED', 'CLOSED']) {
        await refuses(
          () => call.setStatus(userId, status),
          statusError('INVALID_USER_STATUS_TRANSITION', 'CLOSED'),
        );
      }
    });
  });

  it('has been provoked for every code of the schema', async () => {
    const { __type } = await call.query('{ __type(name: "ErrorCode") { enumValues { name } } }');
    const codes = __type.enumValues.map(({ name }: Told) => name);
    const here = codes.filter((code: string) => !toldElsewhere.has(code));
    expect(codes.length - here.length).toBe(toldElsewhere.size);
    expect([...seen].sort()).toEqual(here.sort());
  });
});
