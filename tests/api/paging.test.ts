import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Calls, callsOf, type Told } from '../support/api.js';
import { NOON, startApp, type TestApp } from '../support/app.js';
import { databases } from '../support/databases.js';

const PAGE =
  'nodes { id } edges { cursor node { id } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }';
const TYPES = `$userId: ID, $filter: TransactionFilter, $orderBy: TransactionOrder, $first: Int, $after: String, $last: Int, $before: String`;
const ARGUMENTS =
  'filter: $filter, orderBy: $orderBy, first: $first, after: $after, last: $last, before: $before';

describe.each(databases)('lists of transactions on $name', (kind) => {
  let test: TestApp;
  let call: Calls;
  beforeAll(async () => {
    test = await startApp(kind, {
      FRAUD_VELOCITY_POINTS: '0',
      FRAUD_SUSPICIOUS_VELOCITY_POINTS: '0',
      FRAUD_UNUSUAL_AMOUNT_POINTS: '0',
      FRAUD_HIGH_VALUE_THRESHOLD: '500',
      FRAUD_HIGH_VALUE_POINTS: '60',
    });
    call = callsOf(test);
  });
  afterAll(() => test.close());

  /** A page by `Query.transactions`, which is the same as the one by `User.transactions`. */
  const list = async (variables: Record<string, unknown>): Promise<Told> => {
    const { transactions } = await call.query(
      `query(${TYPES}) { transactions(userId: $userId, ${ARGUMENTS}) { ${PAGE} } }`,
      variables,
    );
    expect(transactions.edges.map(({ node }: Told) => node)).toEqual(transactions.nodes);
    if (variables.userId) {
      const { user } = await call.query(
        `query(${TYPES.replace('ID,', 'ID!,')}) { user(id: $userId) { transactions(${ARGUMENTS}) { ${PAGE} } } }`,
        variables,
      );
      expect(user.transactions).toEqual(transactions);
    }
    return transactions;
  };
  const idsOf = (page: Told): string[] => page.nodes.map(({ id }: Told) => id);
  const codeOf = async (variables: Record<string, unknown>) => {
    const { errors, data } = await test.graphql(
      `query(${TYPES}) { transactions(userId: $userId, ${ARGUMENTS}) { ${PAGE} } }`,
      variables,
    );
    expect(data).toBeNull();
    expect(errors).toHaveLength(1);
    return [errors[0]?.extensions.code, errors[0]?.extensions.argumentPath, errors[0]?.path];
  };

  describe('filtered', () => {
    let userId: string;
    const id: Record<string, string> = {};
    beforeAll(async () => {
      userId = await call.newUser();
      const at = (minute: number) =>
        test.clock.set(new Date(Date.parse(NOON) + minute * 60_000).toISOString());
      const keep = async (name: string, asked: Promise<Told>) => {
        id[name] = (await asked).transaction.id;
      };
      at(0);
      await keep('topUp', call.topUp(userId, '500.00 MYR'));
      at(1);
      await keep('kopi', call.purchase(userId, '10.00 MYR'));
      at(2);
      await keep('same', call.purchase(userId, '10.00 MYR'));
      at(3);
      await keep('failed', call.purchase(userId, '499.00 MYR', { merchantCategory: 'travel' }));
      at(4);
      await keep(
        'taxi',
        call.purchase(userId, '20.00 SGD', { merchantCategory: 'transport', merchantName: 'Taxi' }),
      );
      at(5);
      await keep('refund', call.refund(id.taxi as string, '5.00 SGD'));
      at(6);
      await keep('cash', call.withdraw(userId, '50.00 MYR'));
      at(7);
      await keep('held', call.topUp(userId, '500.01 MYR'));
      at(8);
      await call.reverse(id.cash as string);
      test.clock.set(NOON);
    });

    it.each<[string, Record<string, unknown>, string[]]>([
      ['nothing', {}, ['held', 'cash', 'refund', 'taxi', 'failed', 'same', 'kopi', 'topUp']],
      ['one status', { status: ['FAILED'] }, ['failed']],
      ['some statuses', { status: ['PENDING', 'REVERSED'] }, ['held', 'cash']],
      ['no status', { status: [] }, ['held', 'cash', 'refund', 'taxi', 'failed', 'same', 'kopi', 'topUp']],
      ['one type', { type: ['REFUND'] }, ['refund']],
      ['some types', { type: ['TOP_UP', 'WITHDRAWAL'] }, ['held', 'cash', 'topUp']],
      ['a category', { merchantCategory: ['transport'] }, ['refund', 'taxi']],
      ['some categories', { merchantCategory: ['food', 'travel'] }, ['failed', 'same', 'kopi']],
      ['an unknown category', { merchantCategory: ['foo'] }, []],
      ['a flag', { fraudFlag: ['POSSIBLE_DUPLICATE'] }, ['same']],
      ['some flags', { fraudFlag: ['POSSIBLE_DUPLICATE', 'HIGH_VALUE'] }, ['held', 'same']],
      ['a score from', { fraudScore: { gte: 60 } }, ['held']],
      ['a score below', { fraudScore: { lt: 60 }, type: ['TOP_UP'] }, ['topUp']],
      ['an amount from its lower end', { amount: { gte: '499.00' } }, ['held', 'failed', 'topUp']],
      ['an amount to its upper end', { amount: { lt: '499.00', gte: '50' } }, ['cash', 'taxi']],
      ['the equivalent of a foreign amount', { amount: { gte: '70', lt: '70.01' } }, ['taxi']],
      ['a negative amount', { amount: { lt: '0' } }, ['refund']],
      ['the equivalent of a refund', { amount: { gte: '-17.50', lt: '-17.49' } }, ['refund']],
      ['from an instant on', { createdAt: { gte: '2026-03-10T04:06:00Z' } }, ['held', 'cash']],
      ['to an instant', { createdAt: { lt: '2026-03-10T12:01:00+08:00' } }, ['topUp']],
      [
        'a half-open hour',
        { createdAt: { gte: '2026-03-10T04:01:00Z', lt: '2026-03-10T04:03:00Z' } },
        ['same', 'kopi'],
      ],
      ['an empty range', { createdAt: { gte: NOON, lt: NOON } }, []],
      ['a reversed range', { fraudScore: { gte: 50, lt: 10 } }, []],
      [
        'all at once',
        {
          status: ['COMPLETED'],
          type: ['PURCHASE', 'REFUND'],
          merchantCategory: ['food', 'transport'],
          createdAt: { gte: NOON },
          amount: { gte: '10', lt: '70.01' },
          fraudScore: { lt: 1 },
          fraudFlag: [],
        },
        ['taxi', 'same', 'kopi'],
      ],
      [
        'nulls',
        {
          status: null,
          type: null,
          amount: { gte: null },
          createdAt: null,
          fraudScore: { lt: null },
          fraudFlag: null,
        },
        ['held', 'cash', 'refund', 'taxi', 'failed', 'same', 'kopi', 'topUp'],
      ],
    ])('by %s', async (_title, filter, names) => {
      expect(idsOf(await list({ userId, filter }))).toEqual(names.map((name) => id[name]));
    });

    it.each<[string, string, string[]]>([
      ['CREATED_AT', 'ASC', ['topUp', 'kopi', 'same', 'failed', 'taxi', 'refund', 'cash', 'held']],
      ['CREATED_AT', 'DESC', ['held', 'cash', 'refund', 'taxi', 'failed', 'same', 'kopi', 'topUp']],
      ['AMOUNT', 'ASC', ['refund', 'kopi', 'same', 'cash', 'taxi', 'failed', 'topUp', 'held']],
      ['AMOUNT', 'DESC', ['held', 'topUp', 'failed', 'taxi', 'cash', 'same', 'kopi', 'refund']],
    ])('and sorted by %s %s, from either end', async (field, direction, names) => {
      const orderBy = { field, direction };
      const ids = names.map((name) => id[name]);
      expect(idsOf(await list({ userId, orderBy }))).toEqual(ids);
      expect(idsOf(await list({ userId, orderBy, first: 3 }))).toEqual(ids.slice(0, 3));
      expect(idsOf(await list({ userId, orderBy, last: 3 }))).toEqual(ids.slice(-3));
    });

    it.each(['not-an-amount', '1e3', ' 1'])('refuse the amount %s by its shape', async (gte) => {
      const { errors, status } = await test.graphql(
        `query($filter: TransactionFilter) { transactions(filter: $filter) { nodes { id } } }`,
        { filter: { amount: { gte } } },
      );
      expect([status, errors[0]?.extensions.code]).toEqual([400, 'BAD_USER_INPUT']);
      expect(errors[0]?.message).toContain('"filter.amount.gte"');
    });

    it('refuse an amount with more digits than the base currency has', async () => {
      expect(await codeOf({ filter: { amount: { lt: '0.001' } } })).toEqual([
        'BAD_USER_INPUT',
        ['filter', 'amount', 'lt'],
        ['transactions'],
      ]);
    });
  });

  describe('by page', () => {
    const COUNT = 11;
    let userId: string;
    let newestFirst: string[];
    beforeAll(async () => {
      userId = await call.newUser();
      // The clock stands still: all are of one instant, and of three different amounts.
      for (let count = 0; count < COUNT; count += 1) await call.topUp(userId, `${1 + (count % 3)}.00 MYR`);
      newestFirst = idsOf(await list({ userId }));
      expect(newestFirst).toHaveLength(COUNT);
      expect(newestFirst).toEqual([...newestFirst].sort().reverse());
    });

    it.each([
      ['CREATED_AT', 'DESC'],
      ['CREATED_AT', 'ASC'],
      ['AMOUNT', 'DESC'],
      ['AMOUNT', 'ASC'],
    ])('go through all by %s %s, forwards and backwards, over equal values', async (field, direction) => {
      const orderBy = { field, direction };
      const all = idsOf(await list({ userId, orderBy }));
      const forwards: string[] = [];
      let after: string | null = null;
      for (let hasNext = true; hasNext; ) {
        const page: Told = await list({ userId, orderBy, first: 4, after });
        expect(page.pageInfo.hasPreviousPage).toBe(after !== null);
        expect(page.pageInfo.startCursor).toBe(page.edges[0].cursor);
        forwards.push(...idsOf(page));
        hasNext = page.pageInfo.hasNextPage;
        after = page.pageInfo.endCursor;
      }
      expect(forwards).toEqual(all);
      const backwards: string[] = [];
      let before: string | null = null;
      for (let hasPrevious = true; hasPrevious; ) {
        const page: Told = await list({ userId, orderBy, last: 4, before });
        expect(page.pageInfo.hasNextPage).toBe(before !== null);
        backwards.unshift(...idsOf(page));
        hasPrevious = page.pageInfo.hasPreviousPage;
        before = page.pageInfo.startCursor;
      }
      expect(backwards).toEqual(all);
    });

    it('take what lies between two cursors', async () => {
      const { edges } = await list({ userId });
      const [after, before] = [edges[2].cursor, edges[8].cursor];
      expect(idsOf(await list({ userId, after, before }))).toEqual(newestFirst.slice(3, 8));
      expect(idsOf(await list({ userId, after, before, first: 2 }))).toEqual(newestFirst.slice(3, 5));
      expect(idsOf(await list({ userId, after, before, last: 2 }))).toEqual(newestFirst.slice(6, 8));
      expect(idsOf(await list({ userId, after: before, before: after }))).toEqual([]);
    });

    it('are not shifted by what is inserted between them', async () => {
      const other = await call.newUser();
      for (let count = 0; count < 6; count += 1) await call.topUp(other, '1.00 MYR');
      const before = idsOf(await list({ userId: other }));
      const first = await list({ userId: other, first: 3 });
      for (let count = 0; count < 4; count += 1) await call.topUp(other, '1.00 MYR');
      const second = await list({ userId: other, first: 50, after: first.pageInfo.endCursor });
      expect([...idsOf(first), ...idsOf(second)]).toEqual(before);
      const newer = await list({ userId: other, last: 50, before: first.pageInfo.startCursor });
      expect(newer.nodes).toHaveLength(4);
    });

    it('are empty, with null cursors, for an unknown user', async () => {
      const { transactions } = await call.query(`{ transactions(userId: "nobody") { ${PAGE} } }`);
      expect(transactions).toEqual({
        nodes: [],
        edges: [],
        pageInfo: { hasNextPage: false, hasPreviousPage: false, startCursor: null, endCursor: null },
      });
    });

    it('hold 50 unless asked, and at most 100', async () => {
      const many = await call.newUser();
      for (let batch = 0; batch < 3; batch += 1) {
        await Promise.all(Array.from({ length: 35 }, () => call.topUp(many, '1.00 MYR')));
      }
      const sizes = async (variables: object) => (await list({ userId: many, ...variables })).nodes.length;
      expect(await sizes({})).toBe(50);
      expect(
        await sizes({ first: null, last: null, after: null, before: null, filter: null, orderBy: null }),
      ).toBe(50);
      expect(await sizes({ first: 1 })).toBe(1);
      expect(await sizes({ first: 100 })).toBe(100);
      expect(await sizes({ last: 100 })).toBe(100);
    });

    it.each([
      [{ first: 0 }, ['first']],
      [{ first: 101 }, ['first']],
      [{ first: -1 }, ['first']],
      [{ first: 2_147_483_647 }, ['first']],
      [{ last: 0 }, ['last']],
      [{ last: 101 }, ['last']],
      [{ last: -2_147_483_648 }, ['last']],
      [{ first: 1, last: 1 }, ['last']],
      [{ after: '' }, ['after']],
      [{ after: 'nonsense' }, ['after']],
      [{ before: 'bnVsbA' }, ['before']],
      [{ before: 'W10' }, ['before']],
      [{ before: 'WyJjcmVhdGVkQXQ6ZGVzYyIsIm5vdCBhIGRhdGUiLCJ4Il0' }, ['before']],
      [{ after: Buffer.from('p1:5').toString('base64url') }, ['after']],
    ])('refuse %j', async (variables, argumentPath) => {
      expect(await codeOf({ userId, ...variables })).toEqual([
        'BAD_USER_INPUT',
        argumentPath,
        ['transactions'],
      ]);
    });

    it('refuse a cursor of another order, and take one of another list in the same order', async () => {
      const cursor = (await list({ userId, first: 3 })).pageInfo.endCursor;
      for (const orderBy of [
        { field: 'CREATED_AT', direction: 'ASC' },
        { field: 'AMOUNT', direction: 'DESC' },
        { field: 'AMOUNT', direction: 'ASC' },
      ]) {
        expect((await codeOf({ userId, orderBy, after: cursor }))[0]).toBe('BAD_USER_INPUT');
      }
      const orderBy = { field: 'CREATED_AT', direction: 'DESC' };
      expect(idsOf(await list({ userId, orderBy, after: cursor }))).toEqual(newestFirst.slice(3));
      const other = await call.newUser();
      expect(idsOf(await list({ userId: other, after: cursor }))).toEqual([]);
    });

    it('list everybody’s when no user is named', async () => {
      const page = await list({ first: 100, filter: { createdAt: { lt: '2026-03-10T04:00:00.001Z' } } });
      expect(page.nodes).toHaveLength(100);
      expect(page.pageInfo.hasNextPage).toBe(true);
    });
  });
});
