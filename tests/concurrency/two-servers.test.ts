import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { MikroORM } from '@mikro-orm/core';
import { connect } from '../../src/database.js';
import { query } from '../../src/db/dialect.js';
import { databases, type TestDatabase } from '../support/databases.js';
import { copyProgram, type Program, type ServerProcess } from '../support/processes.js';
import { audit, countStatuses, findUser } from './audit.js';
import { atOnce, call, makeUser, myr, newKey, purchase, tally, topUp, zoneAtHour } from './caller.js';
import { NO_POINTS } from './committing.js';

const postgresql = databases.filter(({ name }) => name === 'postgresql');

interface Stage {
  readonly servers: readonly [ServerProcess, ServerProcess];
  readonly orm: MikroORM;
  readonly close: () => Promise<void>;
}

async function openStage(program: Program, environment: Record<string, string>): Promise<Stage> {
  const database = (await postgresql[0]?.create()) as TestDatabase;
  const servers = await Promise.all([
    program.start(database, environment),
    program.start(database, environment),
  ]);
  const orm = await connect({ databaseUrl: database.url, databasePoolMax: 4 });
  const close = async () => {
    await orm.close();
    await Promise.all(servers.map((server) => server.stop()));
    await database.drop();
  };
  return { servers, orm, close };
}

let program: Program;
beforeAll(async () => {
  program = await copyProgram();
});
afterAll(() => program.dispose());

describe('two servers on one database, without fraud points', () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await openStage(program, NO_POINTS);
  });
  afterAll(() => stage.close());

  it('complete exactly as many parallel debits as there is money for', async () => {
    const { servers, orm } = stage;
    const userId = await makeUser(servers[0], 'debits');
    await topUp(servers[0], userId, '1000.00');
    const answers = await atOnce(200, servers, (server) => purchase(server, userId, '10.00'));
    expect(tally(answers)).toEqual({ COMPLETED: 100, 'FAILED INSUFFICIENT_BALANCE': 100 });
    expect(new Set(answers.map(({ id }) => id)).size).toBe(200);
    expect(await findUser(orm, userId)).toMatchObject({ posted: 0n, held: 0n, version: 101 });
    expect(await countStatuses(orm, userId)).toEqual({ COMPLETED: 101, FAILED: 100 });
  });

  it('refund a purchase once, whatever number of parallel refunds ask for all of it', async () => {
    const { servers, orm } = stage;
    const userId = await makeUser(servers[0], 'refunds');
    await topUp(servers[0], userId, '100.00');
    const { id: transactionId } = await purchase(servers[1], userId, '40.00');
    const answers = await atOnce(50, servers, (server) =>
      call(server, 'refund', { transactionId, amount: myr('40.00'), idempotencyKey: newKey() }),
    );
    expect(tally(answers)).toEqual({ COMPLETED: 1, REFUND_EXCEEDS_REMAINING: 49 });
    expect(await findUser(orm, userId)).toMatchObject({ posted: 10_000n, held: 0n, version: 3 });
  });

  it('make one transaction of one key, and tell all others the first outcome', async () => {
    const { servers, orm } = stage;
    const userId = await makeUser(servers[0], 'keys');
    await topUp(servers[0], userId, '100.00');
    const answers = await atOnce(50, servers, (server) => purchase(server, userId, '7.00', 'the-key'));
    expect(tally(answers)).toEqual({ COMPLETED: 50 });
    expect(new Set(answers.map(({ id }) => id)).size).toBe(1);
    expect(answers.filter(({ replayed }) => replayed === true)).toHaveLength(49);
    expect(answers.filter(({ replayed }) => replayed === false)).toHaveLength(1);
    expect(await findUser(orm, userId)).toMatchObject({ posted: 9_300n, version: 2 });
    expect(await countStatuses(orm, userId)).toEqual({ COMPLETED: 2 });
  });

  it('make one transaction of one key with different inputs, and refuse the others', async () => {
    const { servers, orm } = stage;
    const userId = await makeUser(servers[0], 'mixed-keys');
    await topUp(servers[0], userId, '100.00');
    const answers = await atOnce(20, servers, (server, index) =>
      purchase(server, userId, `${index + 1}.00`, 'the-key'),
    );
    expect(tally(answers)).toEqual({ COMPLETED: 1, IDEMPOTENCY_KEY_REUSED: 19 });
    expect(await countStatuses(orm, userId)).toEqual({ COMPLETED: 2 });
  });

  it('tell all callers of one key the same recorded refusal', async () => {
    const { servers, orm } = stage;
    const userId = await makeUser(servers[0], 'refused-keys');
    const answers = await atOnce(50, servers, (server) => purchase(server, userId, '7.00', 'the-key'));
    expect(tally(answers)).toEqual({ 'FAILED INSUFFICIENT_BALANCE': 50 });
    expect(new Set(answers.map(({ id }) => id)).size).toBe(1);
    expect(answers.filter(({ replayed }) => replayed === false)).toHaveLength(1);
    expect(await countStatuses(orm, userId)).toEqual({ FAILED: 1 });
  });

  it('never let parallel debits exceed the daily limit', async () => {
    const { servers, orm } = stage;
    const userId = await makeUser(servers[0], 'limit');
    for (const amount of ['50000.00', '50000.00', '50000.00']) await topUp(servers[1], userId, amount);
    const answers = await atOnce(60, servers, (server, index) =>
      call(server, 'createTransaction', {
        userId,
        type: index % 3 === 0 ? 'PURCHASE' : 'WITHDRAWAL',
        amount: myr('4000.00'),
        merchantName: 'Rumah',
        merchantCategory: 'rent',
        idempotencyKey: newKey(),
      }),
    );
    expect(tally(answers)).toEqual({ COMPLETED: 25, 'FAILED DAILY_LIMIT_EXCEEDED': 35 });
    expect(await findUser(orm, userId)).toMatchObject({ posted: 5_000_000n, held: 0n, version: 28 });
  });

  it('never return more than was paid by parallel reversals and refunds', async () => {
    const { servers, orm } = stage;
    for (let round = 0; round < 5; round += 1) {
      const userId = await makeUser(servers[0], `returns-${round}`);
      await topUp(servers[0], userId, '100.00');
      const { id: transactionId } = await purchase(servers[1], userId, '60.00');
      const answers = await atOnce(24, servers, (server, index) =>
        index % 3 === 0
          ? call(server, 'reverseTransaction', { transactionId, reason: 'error', idempotencyKey: newKey() })
          : call(server, 'refund', { transactionId, amount: myr('25.00'), idempotencyKey: newKey() }),
      );
      const { REVERSED: reversed, COMPLETED: refunded = 0, ...refused } = tally(answers);
      expect(reversed).toBe(1);
      expect(refunded).toBeLessThanOrEqual(2);
      const refusals = [
        'INVALID_STATUS_TRANSITION',
        'REFUND_EXCEEDS_REMAINING',
        'TRANSACTION_NOT_REFUNDABLE',
      ];
      expect(refusals).toEqual(expect.arrayContaining(Object.keys(refused)));
      // Whatever came first, the whole purchase was returned, and only that.
      expect(await findUser(orm, userId)).toMatchObject({ posted: 10_000n, version: 3 + refunded });
    }
  });

  it('make one user of one id', async () => {
    const { servers, orm } = stage;
    const answers = await atOnce(20, servers, (server, index) =>
      call(server, 'createUser', {
        id: 'the-one',
        email: `the-one-${index}@example.com`,
        fullName: 'The One',
        currency: 'MYR',
      }),
    );
    expect(tally(answers)).toEqual({ ACTIVE: 1, USER_ID_TAKEN: 19 });
    expect(await findUser(orm, 'the-one')).toMatchObject({ posted: 0n, version: 0 });
  });

  it('make one user of one e-mail address, in whatever case', async () => {
    const { servers, orm } = stage;
    const answers = await atOnce(20, servers, (server, index) =>
      call(server, 'createUser', {
        id: `same-mail-${index}`,
        email: index % 3 === 0 ? 'Same.Mail@Example.com' : 'same.mail@example.COM',
        fullName: 'Same Mail',
        currency: 'MYR',
      }),
    );
    expect(tally(answers)).toEqual({ ACTIVE: 1, EMAIL_TAKEN: 19 });
    const users = await query(orm.em.fork(), "select id from users where id like 'same-mail-%'", []);
    expect(users).toHaveLength(1);
  });

  it('make users of many ids and addresses that cross without an error', async () => {
    const { servers } = stage;
    const answers = await atOnce(120, servers, (server, index) => {
      // Both servers insert the same twenty ids and addresses, in opposite orders.
      const place = index % 2 === 0 ? (index / 2) % 20 : 19 - (((index - 1) / 2) % 20);
      const name = `crossing-${String(place).padStart(2, '0')}`;
      return call(server, 'createUser', {
        id: name,
        email: `${name}@example.com`,
        fullName: name,
        currency: 'MYR',
      });
    });
    // Both are taken: which is noticed first depends on when the other server committed.
    const { ACTIVE, USER_ID_TAKEN = 0, EMAIL_TAKEN = 0, ...others } = tally(answers);
    expect([ACTIVE, USER_ID_TAKEN + EMAIL_TAKEN, others]).toEqual([20, 100, {}]);
  });

  it('leave a consistent ledger', async () => {
    expect(await audit(stage.orm)).toEqual([]);
  });
});

describe('two servers on one database, with the default fraud rules', () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await openStage(program, {});
  });
  afterAll(() => stage.close());

  it('complete and hold together exactly what there is money for', async () => {
    const { servers, orm } = stage;
    // At night, the tenth purchase is the last whose score is below that of a review.
    const userId = await makeUser(servers[0], 'night', { timeZone: zoneAtHour(2) });
    await topUp(servers[0], userId, '1000.00');
    const answers = await atOnce(200, servers, (server) => purchase(server, userId, '10.00'));
    expect(tally(answers)).toEqual({ COMPLETED: 10, PENDING: 90, 'FAILED INSUFFICIENT_BALANCE': 100 });
    expect(await findUser(orm, userId)).toMatchObject({ posted: 90_000n, held: 90_000n, version: 101 });
  });

  it('see every earlier payment of a parallel burst: the seventh is fast, the twelfth suspicious', async () => {
    const { servers, orm } = stage;
    const userId = await makeUser(servers[0], 'burst');
    await topUp(servers[0], userId, '1000.00');
    const back = "update transactions set created_at = created_at - interval '2 hours' where user_id = ?";
    await query(orm.em.fork(), back, [userId]);
    const answers = await atOnce(20, servers, (server) => purchase(server, userId, '10.00'));
    expect(tally(answers)).toEqual({ COMPLETED: 20 });
    const rows = await query<{ fraud_flags: string }>(
      orm.em.fork(),
      `select t.fraud_flags from events e join transactions t on t.id = e.transaction_id
       where e.user_id = ? and t.type = 'PURCHASE' order by e.position`,
      [userId],
    );
    const flagged = (flag: string) => rows.map((row) => row.fraud_flags.includes(`|${flag}|`));
    expect(flagged('HIGH_VELOCITY')).toEqual([...Array(6).fill(false), ...Array(14).fill(true)]);
    expect(flagged('SUSPICIOUS_VELOCITY')).toEqual([...Array(11).fill(false), ...Array(9).fill(true)]);
    expect(flagged('POSSIBLE_DUPLICATE')).toEqual([false, ...Array(19).fill(true)]);
  });

  it('decide a review once', async () => {
    const { servers, orm } = stage;
    const rows = await query<{ id: string }>(
      orm.em.fork(),
      "select id from transactions where user_id = 'night' and status = 'PENDING' order by id limit 5",
      [],
    );
    const before = await findUser(orm, 'night');
    let approved = 0n;
    for (const { id: transactionId } of rows) {
      const answers = await atOnce(20, servers, (server, index) =>
        call(server, 'reviewTransaction', {
          transactionId,
          decision: index % 2 === 0 ? 'APPROVE' : 'REJECT',
          note: `Reviewed by caller ${index}.`,
        }),
      );
      const { COMPLETED = 0, FAILED = 0, INVALID_STATUS_TRANSITION: late, ...others } = tally(answers);
      expect([COMPLETED + FAILED, late, others]).toEqual([1, 19, {}]);
      approved += BigInt(COMPLETED);
    }
    expect(await findUser(orm, 'night')).toMatchObject({
      posted: before.posted - approved * 1_000n,
      held: before.held - 5_000n,
      version: before.version + 5,
    });
  });

  it('leave a consistent ledger', async () => {
    expect(await audit(stage.orm)).toEqual([]);
  });
});
