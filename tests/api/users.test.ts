import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Calls, callsOf, snapshot, type Told, unique } from '../support/api.js';
import { FakeClock, NOON, startApp, type TestApp } from '../support/app.js';
import { databases } from '../support/databases.js';

const BALANCE = '{ userId posted { amount currency } held { amount } available { amount } version asOf }';

describe.each(databases)('users and balances on $name', (kind) => {
  let test: TestApp;
  let call: Calls;
  const clock = new FakeClock(NOON);
  beforeAll(async () => {
    const environment = { FRAUD_HIGH_VALUE_THRESHOLD: '100', FRAUD_HIGH_VALUE_POINTS: '60' };
    test = await startApp(kind, environment, clock);
    call = callsOf(test);
  });
  afterAll(() => test.close());

  const balanceAt = async (userId: string, at: string): Promise<Told> =>
    (
      await call.query(
        `query($userId: ID!, $at: DateTime) { balance(userId: $userId, at: $at) ${BALANCE}
          user(id: $userId) { balance(at: $at) ${BALANCE} } }`,
        { userId, at },
      )
    ).balance;

  it('makes a user with an empty wallet, as it was asked', async () => {
    const input = {
      id: 'a_B-9',
      email: 'Siti.Nur+x@Example.com',
      fullName: "Siti O'Brien 黃 🦜",
      currency: 'SGD',
      timeZone: 'America/New_York',
    };
    const { user, userErrors } = await call.mutate('createUser', input);
    expect(userErrors).toEqual([]);
    expect(user).toEqual({ ...input, status: 'ACTIVE', createdAt: NOON, updatedAt: NOON });
    const found = await call.query(
      '{ user(id: "a_B-9") { fullName balance { posted { amount currency minorUnits exponent } version } } }',
    );
    expect(found.user).toEqual({
      fullName: input.fullName,
      balance: { posted: { amount: '0.00', currency: 'SGD', minorUnits: '0', exponent: 2 }, version: 0 },
    });
  });

  it.each([undefined, null])(
    'gives an id and the default time zone when they are %s or omitted',
    async (id) => {
      const email = `${unique('e')}@example.com`;
      const { user } = await call.mutate('createUser', { id, email, fullName: 'A', currency: 'MYR' });
      expect(user.id).toMatch(/^[0-9a-f-]{36}$/);
      expect(user.timeZone).toBe('Asia/Kuala_Lumpur');
    },
  );

  it('takes an id of 36 characters and a name of 255, emoji counted once', async () => {
    const id = unique('i').padEnd(36, 'x');
    const fullName = '🦜'.repeat(255);
    const email = `${unique('e')}@example.com`;
    const { user } = await call.mutate('createUser', { id, email, fullName, currency: 'MYR' });
    expect([user.id, user.fullName]).toEqual([id, fullName]);
  });

  it('appends one event for each user made and each status changed', async () => {
    const before = await snapshot(test);
    const userId = await call.newUser();
    const made = await snapshot(test);
    expect(made).toEqual({
      ...before,
      wallets: { ...before.wallets, [userId]: 'ACTIVE 0 0 0' },
      events: before.events + 1,
      position: before.position + 1,
      hash: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    for (const status of ['SUSPENDED', 'ACTIVE', 'SUSPENDED', 'CLOSED']) {
      clock.advance(1_000);
      const { user, userErrors } = await call.setStatus(userId, status);
      expect(userErrors).toEqual([]);
      expect([user.status, user.updatedAt]).toEqual([status, clock.now().toISOString()]);
    }
    const after = await snapshot(test);
    expect(after.wallets).toEqual({ ...made.wallets, [userId]: 'CLOSED 0 0 0' });
    expect([after.events, after.transactions]).toEqual([made.events + 4, made.transactions]);
  });

  it('is null for a user or a transaction that does not exist', async () => {
    const data = await call.query(
      '{ a: user(id: "nobody") { id } b: user(id: "") { id } c: transaction(id: "x") { id } d: transaction(id: "00000000-0000-7000-8000-000000000000") { id } }',
    );
    expect(data).toEqual({ a: null, b: null, c: null, d: null });
  });

  it('finds a transaction by its id in whatever case', async () => {
    const userId = await call.newUser();
    const { id } = (await call.topUp(userId, '1.00 MYR')).transaction;
    const data = await call.query('query($id: ID!) { transaction(id: $id) { id user { id } } }', {
      id: id.toUpperCase(),
    });
    expect(data.transaction).toEqual({ id, user: { id: userId } });
  });

  it('answers the balance of every past instant exactly: at each change, just before it and just after', async () => {
    const start = new Date('2026-03-11T02:00:00.000Z').getTime();
    clock.set(new Date(start).toISOString());
    const userId = await call.newUser();
    type State = readonly [string, string, number];
    const states: Array<readonly [number, State]> = [[start, ['0.00', '0.00', 0]]];
    const note = (...state: State) => states.push([clock.now().getTime(), state]);
    const step = () => clock.advance(7_919);

    step();
    await call.topUp(userId, '100.00 MYR');
    note('100.00', '0.00', 1);
    step();
    const kopi = (await call.purchase(userId, '30.00 MYR')).transaction;
    note('70.00', '0.00', 2);
    step();
    await call.refund(kopi.id, '10.00 MYR');
    note('80.00', '0.00', 3);
    step();
    await call.topUp(userId, '99.00 MYR');
    note('179.00', '0.00', 4);
    step();
    const held = (await call.withdraw(userId, '150.00 MYR')).transaction;
    expect(held.status).toBe('PENDING');
    note('179.00', '150.00', 5);
    step();
    await call.withdraw(userId, '30.00 MYR');
    note('179.00', '150.00', 5);
    step();
    await call.review(held.id, 'APPROVE');
    note('29.00', '0.00', 6);
    step();
    await call.reverse(kopi.id);
    note('49.00', '0.00', 7);
    // Two changes at the same instant: the later one is the answer.
    step();
    await call.topUp(userId, '1.00 MYR');
    await call.withdraw(userId, '50.00 MYR');
    note('0.00', '0.00', 9);
    step();
    await call.setStatus(userId, 'CLOSED');
    note('0.00', '0.00', 9);
    step();

    const [first] = states;
    expect((await balanceAt(userId, new Date((first?.[0] ?? 0) - 1).toISOString())).version).toBe(0);
    for (const [index, [instant, [posted, held, version]]] of states.entries()) {
      const next = states[index + 1]?.[0] ?? clock.now().getTime() + 1;
      for (const at of [instant, instant + 1, Math.floor((instant + next) / 2), next - 1]) {
        const asOf = new Date(at).toISOString();
        const available = (Number(posted) - Number(held)).toFixed(2);
        expect(await balanceAt(userId, asOf)).toEqual({
          userId,
          posted: { amount: posted, currency: 'MYR' },
          held: { amount: held },
          available: { amount: available },
          version,
          asOf,
        });
      }
    }
    clock.set(NOON);
  });

  it.each(['0001-01-01T00:00:00Z', '1969-12-31T23:59:59.999Z', '2026-03-10T03:59:59.999Z'])(
    'is zero at %s, before the user was made',
    async (at) => {
      const userId = await call.newUser({ funds: '5.00' });
      expect(await balanceAt(userId, at)).toMatchObject({
        posted: { amount: '0.00' },
        available: { amount: '0.00' },
        version: 0,
      });
    },
  );

  it('reads instants with any offset and answers in UTC', async () => {
    const userId = await call.newUser();
    expect((await balanceAt(userId, '2026-03-10T12:00:00+08:00')).asOf).toBe(NOON);
    expect((await balanceAt(userId, '2026-03-09T23:59:59.9-04:00')).asOf).toBe('2026-03-10T03:59:59.900Z');
  });

  it('refuses the future, by a millisecond already', async () => {
    const userId = await call.newUser();
    const at = '2026-03-10T04:00:00.001Z';
    for (const document of [
      'query($userId: ID!, $at: DateTime) { balance(userId: $userId, at: $at) { version } }',
      'query($userId: ID!, $at: DateTime) { user(id: $userId) { balance(at: $at) { version } } }',
    ]) {
      const { errors } = await test.graphql(document, { userId, at });
      expect(errors).toMatchObject([
        {
          message: 'at must not be in the future.',
          extensions: { code: 'BAD_USER_INPUT', argumentPath: ['at'], retryable: false },
        },
      ]);
    }
  });

  it.each([
    '2026-02-30T00:00:00Z',
    '2026-03-10',
    '2026-03-10T04:00:00',
    'now',
    '',
    '1773115200000',
    '2026-13-01T00:00:00Z',
    '0000-12-31T23:59:59Z',
    '0001-01-01T00:00:00+00:01',
    '9999-12-31T23:59:59-00:01',
    '2026-03-10T24:00:00Z',
  ])('refuses %j as an instant', async (at) => {
    const { errors, status } = await test.graphql(
      'query($at: DateTime) { balance(userId: "nobody", at: $at) { version } }',
      { at },
    );
    expect([status, errors.length]).toEqual([400, 1]);
    expect(errors[0]?.extensions.code).toBe('BAD_USER_INPUT');
    expect(errors[0]?.message).toMatch(/^Variable "\$at" got invalid value .*; DateTime must be/);
  });

  it('converts a balance to another currency at today’s rates, half-even and once', async () => {
    const userId = await call.newUser({ funds: '99.99' });
    const { balance, user } = await call.query(
      `query($userId: ID!) { balance(userId: $userId, currency: "SGD") ${BALANCE}
        user(id: $userId) { balance(currency: "USD") ${BALANCE} } }`,
      { userId },
    );
    expect([balance.posted, balance.available.amount, balance.version]).toEqual([
      { amount: '28.57', currency: 'SGD' },
      '28.57',
      1,
    ]);
    expect(user.balance.posted).toEqual({ amount: '21.27', currency: 'USD' });
  });

  it('treats null arguments as omitted ones', async () => {
    const userId = await call.newUser({ funds: '5.00' });
    const data = await call.query(
      `query($userId: ID!, $at: DateTime, $currency: CurrencyCode) {
        balance(userId: $userId, at: $at, currency: $currency) ${BALANCE}
        user(id: $userId) { balance(at: null, currency: null) ${BALANCE} } }`,
      { userId, at: null, currency: null },
    );
    expect(data.balance).toEqual({
      userId,
      posted: { amount: '5.00', currency: 'MYR' },
      held: { amount: '0.00' },
      available: { amount: '5.00' },
      version: 1,
      asOf: NOON,
    });
    expect(data.user.balance).toEqual(data.balance);
  });

  it.each([
    ['an unknown user', { userId: 'nobody' }, 'USER_NOT_FOUND', ['userId']],
    ['an impossible id', { userId: 'a\u0000b' }, 'USER_NOT_FOUND', ['userId']],
    ['a currency without a rate', { currency: 'EUR' }, 'UNSUPPORTED_CURRENCY', ['currency']],
    ['an unknown currency', { currency: 'XXX' }, 'UNSUPPORTED_CURRENCY', ['currency']],
  ])('refuses %s as a coded error', async (_title, variables, code, argumentPath) => {
    const userId = await call.newUser();
    const { errors, data } = await test.graphql(
      'query($userId: ID!, $currency: CurrencyCode) { balance(userId: $userId, currency: $currency) { version } }',
      { userId, ...variables },
    );
    expect(data).toBeNull();
    expect(errors).toEqual([
      {
        message: expect.stringMatching(/\S/),
        path: ['balance'],
        locations: [{ line: 1, column: 48 }],
        extensions: { code, argumentPath, retryable: false, requestId: expect.stringMatching(/\S/) },
      },
    ]);
  });
});
