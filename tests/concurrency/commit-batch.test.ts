import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import {
  CheckConstraintViolationException,
  DeadlockException,
  DriverException,
  UniqueConstraintViolationException,
} from '@mikro-orm/core';
import Database from 'better-sqlite3';
import pg from 'pg';
import { OverloadedError } from '../../src/errors.js';
import { Transaction, type TransactionRow } from '../../src/ledger/transaction.js';
import { changeUserStatus } from '../../src/operations/change-user-status.js';
import type { Change, Command } from '../../src/operations/command.js';
import type { AnyCommand } from '../../src/operations/commit-batch.js';
import { CommitQueue } from '../../src/operations/commit-queue.js';
import { refund } from '../../src/operations/refund.js';
import { reverseTransaction } from '../../src/operations/reverse-transaction.js';
import { databases, type TestDatabase } from '../support/databases.js';
import { until } from '../support/processes.js';
import { audit, findUser } from './audit.js';
import {
  type Committing,
  kindsOf,
  makeRichUser,
  openCommitting,
  outcomeOf,
  transactionOf,
  userOf,
} from './committing.js';

/** Asks for something whose decision breaks down. */
const faulty = (userId: string): AnyCommand => ({
  operation: 'faulty',
  userId,
  needs: {},
  decide: () => {
    throw new TypeError('a mistake');
  },
});

/** The same as another command, but its change is spoilt before it is applied. */
function spoilt(command: AnyCommand, spoil: (change: Change) => Change): AnyCommand {
  const spoiling: Command<unknown> = {
    ...command,
    operation: 'spoilt',
    decide: (state, moment) => {
      const { change, outcome } = command.decide(state, moment);
      if (!change) throw new Error('there is nothing to spoil');
      return { change: spoil(change), outcome };
    },
  };
  return spoiling;
}

const withCreated = (change: Change, values: object): Change => {
  const created = { ...change.created, ...values } as NonNullable<Change['created']>;
  return { ...change, created, about: created };
};

/** A posting of nothing breaks a check of the database. */
const withEmptyPosting = (change: Change): Change => ({
  ...change,
  movements: (change.movements ?? []).map((movement) => ({ ...movement, amount: 0n })),
});

describe.each(databases)('a batch on $name', (kind) => {
  let database: TestDatabase;
  let committing: Committing;
  beforeAll(async () => {
    database = await kind.create();
    committing = await openCommitting(database.url);
  });
  afterEach(() => void committing.faults.splice(0));
  afterAll(async () => {
    expect(await audit(committing.orm)).toEqual([]);
    await committing.close();
    await database.drop();
  });
  const debit = (userId: string, amount = '10.00') => transactionOf(committing.settings, userId, amount);

  it.each([
    { what: 'alone', withNewUser: false },
    { what: 'beside a user that it makes', withNewUser: true },
  ])('stores every value that it gives stored transactions, $what', async ({ withNewUser }) => {
    const id = `revised-${withNewUser}`;
    const { settings, commit, orm } = committing;
    await makeRichUser(committing, id);
    const [bought, undone] = (await commit(debit(id), debit(id, '20.00'))).map(
      (settled) => outcomeOf(settled).transaction,
    ) as [TransactionRow, TransactionRow];
    const amount = { amount: '4.00', currency: 'MYR' };
    const again = [1, 2].map((part) =>
      refund({ transactionId: bought.id, amount, idempotencyKey: `${id}-part-${part}` }, id),
    );
    const undo = { transactionId: undone.id, reason: 'By mistake.', idempotencyKey: `${id}-undo` };
    const others = withNewUser ? [userOf(settings, `${id}-new`)] : [];
    const settled = await commit(...again, reverseTransaction(undo, id, 'tester'), ...others);
    expect(kindsOf(settled)).toEqual([
      'COMPLETED',
      'COMPLETED',
      'REVERSED',
      ...(withNewUser ? ['ACTIVE'] : []),
    ]);

    const stored = await orm.em.fork().find(Transaction, { id: { $in: [bought.id, undone.id] } });
    const byId = new Map(stored.map((transaction) => [transaction.id, { ...transaction }]));
    const [first] = settled;
    const at = outcomeOf(first).transaction.createdAt;
    expect(byId.get(bought.id)).toEqual({
      ...bought,
      refundedAmount: 800n,
      refundedWalletAmount: 800n,
      refundedBaseAmount: 800n,
      updatedAt: at,
    });
    expect(byId.get(undone.id)).toEqual({
      ...undone,
      status: 'REVERSED',
      reversalReason: 'By mistake.',
      reversalKey: `${id}-undo`,
      reversalHash: expect.stringMatching(/^[0-9a-f]{64}$/),
      reversedBy: 'tester',
      reversedAt: at,
      updatedAt: at,
    });
    expect(await findUser(orm, id)).toMatchObject({ posted: 99_800n, held: 0n, version: 6 });
  });

  it('completes its neighbours when the decision of one command breaks down, and only that one fails', async () => {
    await makeRichUser(committing, 'neighbour');
    const settled = await committing.commit(
      debit('neighbour'),
      faulty('neighbour'),
      debit('neighbour'),
      faulty('nobody'),
      userOf(committing.settings, 'newcomer'),
    );
    expect(kindsOf(settled)).toEqual(['COMPLETED', 'TypeError', 'COMPLETED', 'TypeError', 'ACTIVE']);
    expect(committing.faults).toEqual([new TypeError('a mistake'), new TypeError('a mistake')]);
    expect(await findUser(committing.orm, 'neighbour')).toMatchObject({ posted: 98_000n, version: 3 });
  });

  it('completes its neighbours when the database refuses the change of one command', async () => {
    await makeRichUser(committing, 'near-refused');
    await makeRichUser(committing, 'refused');
    const settled = await committing.commit(
      debit('near-refused'),
      spoilt(debit('refused'), withEmptyPosting),
      debit('refused'),
      debit('near-refused'),
    );
    expect(kindsOf(settled)).toEqual([
      'COMPLETED',
      'CheckConstraintViolationException',
      'COMPLETED',
      'COMPLETED',
    ]);
    // The whole batch once, then the culprit alone once: a broken rule is not tried again.
    expect(committing.faults.map((fault) => fault instanceof CheckConstraintViolationException)).toEqual([
      true,
      true,
    ]);
    expect(await findUser(committing.orm, 'near-refused')).toMatchObject({ posted: 98_000n, version: 3 });
    expect(await findUser(committing.orm, 'refused')).toMatchObject({ posted: 99_000n, version: 2 });
  });

  it('tries a conflict three times and no more, then each command by itself', async () => {
    await makeRichUser(committing, 'conflict');
    const [first] = await committing.commit(debit('conflict'));
    const { transaction } = outcomeOf(first);
    const settled = await committing.commit(
      debit('conflict'),
      spoilt(debit('conflict'), (change) =>
        withCreated(change, { idempotencyKey: transaction.idempotencyKey }),
      ),
      debit('conflict'),
    );
    expect(kindsOf(settled)).toEqual(['COMPLETED', 'UniqueConstraintViolationException', 'COMPLETED']);
    expect(committing.faults).toHaveLength(6);
    for (const fault of committing.faults) expect(fault).toBeInstanceOf(UniqueConstraintViolationException);
    expect(await findUser(committing.orm, 'conflict')).toMatchObject({ posted: 97_000n, version: 4 });
  });

  it('settles many commands of which some are refused, some faulty and some break the database', async () => {
    await makeRichUser(committing, 'mixed', '100.00');
    const commands = Array.from({ length: 60 }, (_, index) => {
      if (index % 20 === 7) return faulty('mixed');
      if (index % 20 === 13) return spoilt(debit('mixed'), withEmptyPosting);
      return debit('mixed', index % 2 === 0 ? '1.00' : '500.00');
    });
    const settled = await committing.commit(...commands);
    const counts = new Map<string, number>();
    for (const one of kindsOf(settled)) counts.set(one, (counts.get(one) ?? 0) + 1);
    expect(Object.fromEntries(counts)).toEqual({
      COMPLETED: 30,
      FAILED: 24,
      TypeError: 3,
      CheckConstraintViolationException: 3,
    });
    expect(await findUser(committing.orm, 'mixed')).toMatchObject({ posted: 7_000n, version: 31 });
  });

  it('gives its connection back however it ends, so that failures never use up the pool', async () => {
    await makeRichUser(committing, 'pool');
    for (let round = 0; round < 12; round += 1) {
      const settled = await committing.commit(spoilt(debit('pool'), withEmptyPosting));
      expect(kindsOf(settled)).toEqual(['CheckConstraintViolationException']);
    }
    expect(kindsOf(await committing.commit(debit('pool')))).toEqual(['COMPLETED']);
  });
});

describe.each(databases)('the commit queue on $name', (kind) => {
  let database: TestDatabase;
  let committing: Committing;
  beforeAll(async () => {
    database = await kind.create();
    committing = await openCommitting(database.url);
  });
  afterAll(async () => {
    expect(await audit(committing.orm)).toEqual([]);
    await committing.close();
    await database.drop();
  });
  const queueOf = (limits: Partial<ConstructorParameters<typeof CommitQueue>[1]> = {}) =>
    new CommitQueue((commands) => committing.commit(...commands), {
      lanes: kind.name === 'sqlite' ? 1 : 2,
      queueMax: 1_000,
      batchMax: 64,
      ...limits,
    });

  it('keeps the order of a user, lets no poison spread, and settles every caller once', async () => {
    const { settings } = committing;
    await makeRichUser(committing, 'queue-a', '100.00');
    await makeRichUser(committing, 'queue-b', '100.00');
    const queue = queueOf();
    const submitted = Array.from({ length: 200 }, (_, index) => {
      const userId = index % 2 === 0 ? 'queue-a' : 'queue-b';
      if (index % 50 === 21) return faulty(userId);
      if (index % 50 === 33) return spoilt(transactionOf(settings, userId, '1.00'), withEmptyPosting);
      return transactionOf(settings, userId, '1.00');
    });
    const settled = await Promise.allSettled(submitted.map((command) => queue.submit(command)));
    const failed = settled.flatMap((one, index) => (one.status === 'rejected' ? index : []));
    expect(failed).toEqual([21, 33, 71, 83, 121, 133, 171, 183]);
    // Only the odd places were spoilt, and money lasts for the hundredth of each user.
    expect(await findUser(committing.orm, 'queue-a')).toMatchObject({ posted: 0n, version: 101 });
    expect(await findUser(committing.orm, 'queue-b')).toMatchObject({ posted: 800n, version: 93 });
    await queue.close();
  });

  it('turns away what is beyond its bound at once, and everything once it closes', async () => {
    const { settings } = committing;
    await makeRichUser(committing, 'bounded', '100.00');
    const queue = queueOf({ queueMax: 10, lanes: 1 });
    const asked = Array.from({ length: 15 }, () => queue.submit(transactionOf(settings, 'bounded', '1.00')));
    const closed = queue.close();
    const late = queue.submit(transactionOf(settings, 'bounded', '1.00'));
    await expect(late).rejects.toBeInstanceOf(OverloadedError);
    const settled = await Promise.allSettled(asked);
    await closed;
    expect(settled.map(({ status }) => status)).toEqual([
      ...Array(10).fill('fulfilled'),
      ...Array(5).fill('rejected'),
    ]);
    for (const one of settled.slice(10))
      expect((one as PromiseRejectedResult).reason).toBeInstanceOf(OverloadedError);
    expect(await findUser(committing.orm, 'bounded')).toMatchObject({ posted: 9_000n, version: 11 });
  });
});

describe('a batch on postgresql beside other sessions', () => {
  let database: TestDatabase;
  let committing: Committing;
  let other: pg.Client;
  beforeAll(async () => {
    database = (await databases.find(({ name }) => name === 'postgresql')?.create()) as TestDatabase;
    committing = await openCommitting(database.url);
    other = new pg.Client({ connectionString: database.url });
    await other.connect();
    await makeRichUser(committing, 'aaa');
    await makeRichUser(committing, 'zzz');
  });
  afterEach(() => void committing.faults.splice(0));
  afterAll(async () => {
    expect(await audit(committing.orm)).toEqual([]);
    await other.end();
    await committing.close();
    await database.drop();
  });

  const lock = (id: string) => other.query('select id from users where id = $1 for update', [id]);
  const waiting = async () => {
    const { rows } = await committing.orm.em
      .fork()
      .getConnection()
      .execute<{ rows: unknown[] }>(
        "select pid from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
        [],
        'run',
      );
    return rows.length;
  };

  it('survives a deadlock by running again', async () => {
    const { settings } = committing;
    // The other session would rather wait than be the victim.
    await other.query("set deadlock_timeout = '30s'");
    await other.query('begin');
    await lock('zzz');
    const committed = committing.commit(
      transactionOf(settings, 'aaa', '10.00'),
      transactionOf(settings, 'zzz', '20.00'),
    );
    await until(async () => (await waiting()) === 1, 'the wait of the batch');
    await lock('aaa');
    await other.query('commit');
    const settled = await committed;
    expect(kindsOf(settled)).toEqual(['COMPLETED', 'COMPLETED']);
    expect(settled.map((one) => outcomeOf(one).replayed)).toEqual([false, false]);
    expect(committing.faults).toHaveLength(1);
    expect(committing.faults[0]).toBeInstanceOf(DeadlockException);
    expect(await findUser(committing.orm, 'aaa')).toMatchObject({ posted: 99_000n, version: 2 });
    expect(await findUser(committing.orm, 'zzz')).toMatchObject({ posted: 98_000n, version: 2 });
  });

  it('sees what was committed while it waited for the lock', async () => {
    await other.query('begin');
    await lock('aaa');
    const committed = committing.commit(changeUserStatus({ userId: 'aaa', status: 'SUSPENDED' }, 'tester'));
    await until(async () => (await waiting()) === 1, 'the wait of the batch');
    await other.query("update users set status = 'SUSPENDED' where id = 'aaa'");
    await other.query('commit');
    const [settled] = await committed;
    expect(settled).toMatchObject({ error: { code: 'INVALID_USER_STATUS_TRANSITION' } });
    await committing.commit(changeUserStatus({ userId: 'aaa', status: 'ACTIVE' }, 'tester'));
  });

  it('fails only the command whose value the database has no room for', async () => {
    const { settings } = committing;
    const before = await findUser(committing.orm, 'zzz');
    const settled = await committing.commit(
      transactionOf(settings, 'zzz', '1.00'),
      spoilt(transactionOf(settings, 'aaa', '1.00'), (change) =>
        withCreated(change, { merchantName: 'm'.repeat(300) }),
      ),
      transactionOf(settings, 'zzz', '1.00'),
    );
    expect(kindsOf(settled)).toEqual(['COMPLETED', 'DriverException', 'COMPLETED']);
    expect(committing.faults).toHaveLength(2);
    for (const fault of committing.faults) expect(fault).toBeInstanceOf(DriverException);
    expect((await findUser(committing.orm, 'zzz')).posted).toBe(before.posted - 200n);
  });

  it('survives the end of its session in the middle of the batch', async () => {
    const { settings } = committing;
    const before = await findUser(committing.orm, 'zzz');
    for (let round = 0; round < 6; round += 1) {
      await other.query('begin');
      await lock('zzz');
      const committed = committing.commit(transactionOf(settings, 'zzz', '1.00'));
      await until(async () => (await waiting()) === 1, 'the wait of the batch');
      await other.query(
        "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
      );
      await until(() => committing.faults.length === round + 1, 'the failure of the first attempt');
      await other.query('commit');
      expect(kindsOf(await committed)).toEqual(['COMPLETED']);
    }
    expect((await findUser(committing.orm, 'zzz')).posted).toBe(before.posted - 600n);
  });
});

describe('a batch on sqlite beside another writer', () => {
  let database: TestDatabase;
  let committing: Committing;
  beforeAll(async () => {
    database = (await databases.find(({ name }) => name === 'sqlite')?.create()) as TestDatabase;
    committing = await openCommitting(database.url);
    await makeRichUser(committing, 'patient');
  });
  afterAll(async () => {
    expect(await audit(committing.orm)).toEqual([]);
    await committing.close();
    await database.drop();
  });

  it('fails when the other never ends, and works again when it has', async () => {
    // No waiting here: the other writer lives in this very thread.
    await committing.orm.em.fork().getConnection().execute('pragma busy_timeout = 1');
    const other = new Database(database.url.replace('sqlite:', ''));
    for (let round = 0; round < 3; round += 1) {
      other.exec('begin immediate');
      const [settled] = await committing.commit(transactionOf(committing.settings, 'patient', '1.00'));
      other.exec('rollback');
      expect((settled as { error: unknown }).error).toMatchObject({ code: 'SQLITE_BUSY' });
    }
    expect(committing.faults).toHaveLength(9);
    other.close();
    const settled = await committing.commit(transactionOf(committing.settings, 'patient', '1.00'));
    expect(kindsOf(settled)).toEqual(['COMPLETED']);
    expect(await findUser(committing.orm, 'patient')).toMatchObject({ posted: 99_900n, version: 2 });
  });
});
