import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { connect } from '../../src/database.js';
import { query } from '../../src/db/dialect.js';
import { advance, lagOf } from '../../src/rollups/advance.js';
import { bindTimeZone } from '../../src/rollups/bind-time-zone.js';
import { NEWEST_MAX } from '../../src/rollups/gather.js';
import { verify } from '../../src/verification/verify.js';
import { type Calls, callsOf } from '../support/api.js';
import { FakeClock, NOON, startApp, type TestApp } from '../support/app.js';
import { databases } from '../support/databases.js';

const FLEET = `query ($from: DateTime!, $to: DateTime!) {
  fleetSpending(from: $from, to: $to) { timeZone count total { amount } series { start count } } }`;
const MARCH = { from: '2026-03-01T00:00:00+08:00', to: '2026-04-01T00:00:00+08:00' };

describe.each(databases)('rollups on $name', (kind) => {
  let test: TestApp;
  let calls: Calls;
  let userId: string;
  beforeEach(async () => {
    test = await startApp(kind, { ROLLUP_INTERVAL: '600000' }, new FakeClock(NOON));
    calls = callsOf(test);
    userId = await calls.newUser({ funds: '1000.00' });
  });
  afterEach(() => test.close());

  async function buy(count: number): Promise<string[]> {
    const ids: string[] = [];
    for (let made = 0; made < count; made += 1) {
      test.clock.advance(3_600_000);
      ids.push((await calls.purchase(userId, `${made + 1}.00 MYR`)).transaction.id);
    }
    return ids;
  }

  async function catchUp(): Promise<void> {
    while ((await advance(test.orm, 4)) === 'more');
  }

  const sums = () =>
    query<Record<string, unknown>>(
      test.orm.em.fork(),
      `select day, label, cast(count as text) as count, cast(amount as text) as amount from rollups
       where measure = 'spending.purchased' order by day, label`,
      [],
    );

  it('count each event once, whoever adds it up at the same time', async () => {
    await buy(30);
    // Two connections of one process would wait for each other's SQLite lock without ever coming back.
    const other = kind.name === 'sqlite' ? test.orm : await connect(test.config);
    const outcomes = new Set<string>();
    while ((await lagOf(test.orm.em.fork())) > 0) {
      const both = [test.orm, other, test.orm, other].map((orm) => advance(orm, 3));
      for (const outcome of await Promise.all(both)) outcomes.add(outcome);
    }
    if (other !== test.orm) await other.close();
    expect([...outcomes]).toEqual(expect.arrayContaining(['outrun']));
    expect(await sums()).toEqual([
      { day: '2026-03-10', label: 'food', count: '11', amount: '6600' },
      { day: '2026-03-11', label: 'food', count: '19', amount: '39900' },
    ]);
    expect((await verify(test.orm)).problem).toBeUndefined();
  });

  it('are written with their head or not at all', async () => {
    await buy(5);
    await test.orm.em.fork().getConnection().execute('alter table rollups rename to rollups_away');
    await expect(advance(test.orm, 100)).rejects.toThrow('rollups');
    await test.orm.em.fork().getConnection().execute('alter table rollups_away rename to rollups');
    expect(await lagOf(test.orm.em.fork())).toBe(7);
    expect(await sums()).toEqual([]);
    await catchUp();
    expect(await sums()).toEqual([{ day: '2026-03-10', label: 'food', count: '5', amount: '1500' }]);
  });

  it('correct the day on which a transaction was made, however much later it is undone', async () => {
    const [first, second] = (await buy(2)) as [string, string];
    await calls.refund(second, '0.50 MYR');
    await catchUp();
    test.clock.advance(10 * 86_400_000);
    await calls.reverse(first);
    await calls.reverse(second);
    await catchUp();
    expect(await sums()).toEqual([{ day: '2026-03-10', label: 'food', count: '0', amount: '0' }]);
    const { fleetSpending } = await calls.query(FLEET, MARCH);
    expect(fleetSpending).toMatchObject({ count: 0, total: { amount: '0.00' } });
    expect((await verify(test.orm)).problem).toBeUndefined();
  });

  it('are made again from the log when a server starts with another time zone', async () => {
    await buy(14);
    await catchUp();
    const before = await calls.query(FLEET, MARCH);
    expect(before.fleetSpending.timeZone).toBe('Asia/Kuala_Lumpur');
    expect(before.fleetSpending.series.filter(({ count }: { count: number }) => count > 0)).toEqual([
      { start: '2026-03-09T16:00:00.000Z', count: 11 },
      { start: '2026-03-10T16:00:00.000Z', count: 3 },
    ]);
    await bindTimeZone(test.orm, 'Asia/Kuala_Lumpur');
    expect(await lagOf(test.orm.em.fork())).toBe(0);

    await bindTimeZone(test.orm, 'America/New_York');
    expect(await lagOf(test.orm.em.fork())).toBe(16);
    expect(await sums()).toEqual([]);
    for (const catching of [async () => undefined, () => advance(test.orm, 9), catchUp]) {
      await catching();
      // The server that runs since before tells the new days too.
      const { fleetSpending } = await calls.query(FLEET, MARCH);
      expect(fleetSpending).toMatchObject({ timeZone: 'America/New_York', count: 14 });
      expect(fleetSpending.series.filter(({ count }: { count: number }) => count > 0)).toEqual([
        { start: '2026-03-10T04:00:00.000Z', count: 14 },
      ]);
    }
    expect((await verify(test.orm)).problem).toBeUndefined();
  });

  it('answer as of their head, and say so, when they are too far behind to add the rest', async () => {
    await buy(2);
    await catchUp();
    const counted = test.clock.now();
    test.clock.advance(60_000);
    await calls.purchase(userId, '5.00 MYR');
    // As if so many more were on their way.
    const connection = test.orm.em.fork().getConnection();
    await connection.execute(`update event_log_head set position = position + ${NEWEST_MAX}`);
    const { fraudStatistics } = await calls.query(
      `query ($from: DateTime!, $to: DateTime!) { fraudStatistics(from: $from, to: $to) { asOf scored } }`,
      MARCH,
    );
    expect(fraudStatistics).toEqual({ asOf: counted.toISOString(), scored: 3 });
  });

  it('are followed by a running server', async () => {
    const server = await test.startBeside({ rollups: { intervalMs: 10, timeZone: 'Asia/Kuala_Lumpur' } });
    await buy(3);
    while ((await lagOf(test.orm.em.fork())) > 0) await new Promise((resolve) => setTimeout(resolve, 10));
    await server.app.close();
    expect(await sums()).toEqual([{ day: '2026-03-10', label: 'food', count: '3', amount: '600' }]);
  });

  it.each([
    ['count = count + 1', 'The count of the rollup spending.purchased 2026-03-10 food is 3 and must be 2.'],
    ['amount = 1', 'The amount of the rollup spending.purchased 2026-03-10 food is 1 and must be 300.'],
    ["label = 'fool'", 'The count of the rollup spending.purchased 2026-03-10 fool is 2 and must be 0.'],
  ])('are verified: %s', async (change, problem) => {
    await buy(2);
    await catchUp();
    const connection = test.orm.em.fork().getConnection();
    await connection.execute(`update rollups set ${change} where measure = 'spending.purchased'`);
    expect((await verify(test.orm)).problem).toBe(problem);
  });

  it.each([
    ['from and to are the same', 'from', MARCH.from, 'from must be before to.'],
    [
      'the range is too long',
      'to',
      '2028-03-03T00:00:00+08:00',
      'From from to to are 733 days; at most 731 can be asked for at once.',
    ],
  ])('are not read when %s', async (_what, wrong, to, message) => {
    for (const field of ['fleetSpending { count }', 'fraudStatistics { scored }']) {
      const [name, selection] = [field.split(' ')[0], field.slice(field.indexOf(' '))];
      const { errors } = await test.graphql(
        `query ($from: DateTime!, $to: DateTime!) { ${name}(from: $from, to: $to) ${selection} }`,
        { from: MARCH.from, to },
      );
      expect(errors).toMatchObject([
        { message, extensions: { code: 'BAD_USER_INPUT', argumentPath: [wrong] } },
      ]);
    }
  });

  it('refuse a currency without a rate, and a wrong number of categories', async () => {
    const range = `from: "${MARCH.from}", to: "${MARCH.to}"`;
    const { errors } = await test.graphql(`{ fraudStatistics(${range}, currency: "EUR") { scored } }`);
    expect(errors).toMatchObject([
      {
        message: 'EUR is not supported; these currencies are: MYR, SGD, USD.',
        extensions: { code: 'UNSUPPORTED_CURRENCY', argumentPath: ['currency'] },
      },
    ]);
    const wrong = await test.graphql(`{ fleetSpending(${range}) { byCategory(first: 101) { count } } }`);
    expect(wrong.errors).toMatchObject([{ message: 'first must be from 1 to 100.' }]);
  });
});
