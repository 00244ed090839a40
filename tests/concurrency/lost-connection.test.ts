import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { MikroORM } from '@mikro-orm/core';
import { connect } from '../../src/database.js';
import { query } from '../../src/db/dialect.js';
import { OverloadedError } from '../../src/errors.js';
import { createAnnouncements } from '../../src/events/announce.js';
import { changeUserStatus } from '../../src/operations/change-user-status.js';
import type { AnyCommand } from '../../src/operations/commit-batch.js';
import { refund } from '../../src/operations/refund.js';
import { reverseTransaction } from '../../src/operations/reverse-transaction.js';
import { reviewTransaction } from '../../src/operations/review-transaction.js';
import { databases, type TestDatabase } from '../support/databases.js';
import { until } from '../support/processes.js';
import { startTcpProxy, type TcpProxy, type Verdict } from '../support/tcp-proxy.js';
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

/** A purchase of more than three times the usual is held. */
const HOLD_UNUSUAL = { FRAUD_UNUSUAL_AMOUNT_POINTS: '60' };

/** One command of each kind, what it tells and what it does to a wallet of 1,000.00 with 100.00 spent and 600.00 held. */
interface Case {
  readonly operation: string;
  readonly make: (userId: string, bought: string, held: string) => AnyCommand;
  readonly kind: string;
  readonly effect: { readonly posted: bigint; readonly held: bigint; readonly version: number };
}

let committing: Committing;

const cases: readonly Case[] = [
  {
    operation: 'createTransaction',
    make: (userId) => transactionOf(committing.settings, userId, '50.00'),
    kind: 'COMPLETED',
    effect: { posted: 85_000n, held: 60_000n, version: 4 },
  },
  {
    operation: 'refund',
    make: (userId, bought) =>
      refund(
        { transactionId: bought, amount: { amount: '30.00', currency: 'MYR' }, idempotencyKey: 'refund' },
        userId,
      ),
    kind: 'COMPLETED',
    effect: { posted: 93_000n, held: 60_000n, version: 4 },
  },
  {
    operation: 'reviewTransaction',
    make: (userId, _bought, held) =>
      reviewTransaction({ transactionId: held, decision: 'APPROVE', note: 'Known.' }, userId, 'tester'),
    kind: 'COMPLETED',
    effect: { posted: 30_000n, held: 0n, version: 4 },
  },
  {
    operation: 'reverseTransaction',
    make: (userId, bought) =>
      reverseTransaction(
        { transactionId: bought, reason: 'By mistake.', idempotencyKey: 'reversal' },
        userId,
        'tester',
      ),
    kind: 'REVERSED',
    effect: { posted: 100_000n, held: 60_000n, version: 4 },
  },
  {
    operation: 'changeUserStatus',
    make: (userId) => changeUserStatus({ userId, status: 'SUSPENDED' }, 'tester'),
    kind: 'SUSPENDED',
    effect: { posted: 90_000n, held: 60_000n, version: 3 },
  },
  {
    operation: 'createUser',
    make: (userId) => userOf(committing.settings, `${userId}-new`),
    kind: 'ACTIVE',
    effect: { posted: 90_000n, held: 60_000n, version: 3 },
  },
];

/** A verdict on the first statement that matches; everything else passes. */
function once(verdict: Verdict, matches: (statement: string) => boolean): (statement: string) => Verdict {
  let open = true;
  return (statement) => {
    if (!open || !matches(statement)) return 'forward';
    open = false;
    return verdict;
  };
}

const isCommit = (statement: string) => /^commit$/i.test(statement);

describe('a connection to postgresql that is lost', () => {
  let database: TestDatabase;
  let proxy: TcpProxy;
  /** A connection that never fails, to look with. */
  let orm: MikroORM;
  beforeAll(async () => {
    database = (await databases.find(({ name }) => name === 'postgresql')?.create()) as TestDatabase;
    proxy = await startTcpProxy(database.url);
    committing = await openCommitting(proxy.url, HOLD_UNUSUAL);
    orm = await connect({ databaseUrl: database.url, databasePoolMax: 2 });
  });
  afterEach(() => {
    proxy.decide = () => 'forward';
    committing.faults.splice(0);
  });
  afterAll(async () => {
    expect(await audit(orm)).toEqual([]);
    await committing.close();
    await orm.close();
    await proxy.close();
    await database.drop();
  });

  let users = 0;
  /** A user with 1,000.00 who has spent 100.00 and of whom 600.00 are held. */
  async function prepare(): Promise<{ userId: string; bought: string; held: string }> {
    users += 1;
    const userId = `user-${users}`;
    await makeRichUser(committing, userId);
    const { settings, commit } = committing;
    const [bought] = await commit(transactionOf(settings, userId, '100.00'));
    const [held] = await commit(transactionOf(settings, userId, '600.00'));
    const ids = { bought: outcomeOf(bought).transaction.id, held: outcomeOf(held).transaction.id };
    expect(await findUser(orm, userId)).toMatchObject({ posted: 90_000n, held: 60_000n, version: 3 });
    return { userId, ...ids };
  }

  async function countEvents(userId: string): Promise<number> {
    const counted = 'select count(*)::int as count from events where user_id in (?, ?)';
    const [row] = await query<{ count: number }>(orm.em.fork(), counted, [userId, `${userId}-new`]);
    return row?.count ?? 0;
  }

  /** Commits one command while the connection fails in the given way; it must have happened once, and be told once. */
  async function expectOnce({ make, kind, effect }: Case, decide: TcpProxy['decide']): Promise<void> {
    const { userId, bought, held } = await prepare();
    const before = await countEvents(userId);
    const command = make(userId, bought, held);
    proxy.decide = decide;
    const settled = await committing.commit(command);
    proxy.decide = () => 'forward';
    expect(kindsOf(settled)).toEqual([kind]);
    if (command.needs.idempotencyKey) {
      expect(outcomeOf(settled[0]).replayed).toBe(false);
      // Now the key is known: the same call again changes nothing.
      const again = outcomeOf((await committing.commit(command))[0]);
      expect([again.replayed, again.transaction.id]).toEqual([true, outcomeOf(settled[0]).transaction.id]);
    }
    expect(await findUser(orm, userId)).toMatchObject(effect);
    expect(await countEvents(userId)).toBe(before + 1);
  }

  describe.each(cases)('in the middle of $operation', (one) => {
    it('before the commit arrives: it runs again, once', async () => {
      await expectOnce(one, once('drop', isCommit));
      expect(committing.faults).toHaveLength(1);
    });

    it('before the answer to the commit arrives: it is found done, and told as if nothing had happened', async () => {
      await expectOnce(one, once('withhold', isCommit));
      expect(committing.faults).toHaveLength(1);
    });

    it('twice in a row, at two commits: it still happens once', async () => {
      let commits = 0;
      const verdicts: Verdict[] = ['drop', 'withhold'];
      await expectOnce(one, (statement) => {
        if (!isCommit(statement)) return 'forward';
        commits += 1;
        return verdicts[commits - 1] ?? 'forward';
      });
      expect(committing.faults).toHaveLength(2);
    });

    it('at any one of its statements: it happens once', async () => {
      for (const verdict of ['drop', 'withhold'] as const) {
        for (let place = 1, seen = place; seen >= place; place += 1) {
          seen = 0;
          await expectOnce(one, () => {
            seen += 1;
            return seen === place ? verdict : 'forward';
          });
        }
      }
    });
  });

  it('while the database still works on the commit: the second attempt waits for the first to end', async () => {
    await query(
      orm.em.fork(),
      `create function slow() returns trigger language plpgsql as $$ begin perform pg_sleep(0.1); return null; end $$;
       create constraint trigger slow after insert on events deferrable initially deferred
       for each row execute function slow()`,
      [],
    );
    for (const one of cases) {
      committing.faults.splice(0);
      await expectOnce(one, once('abandon', isCommit));
      // A user who does not exist yet has no lock to wait for: the second attempt meets the first one's row.
      expect(committing.faults).toHaveLength(one.operation === 'createUser' ? 2 : 1);
    }
    await query(orm.em.fork(), 'drop trigger slow on events', []);
  });

  it('while the commit ends just as the second attempt looks around: a new user is not taken for another one', async () => {
    const other = await connect({ databaseUrl: database.url, databasePoolMax: 1 });
    const direct = other.em.fork();
    await query(
      direct,
      `create function gate() returns trigger language plpgsql as $$
         begin perform pg_advisory_xact_lock(42); return null; end $$;
       create constraint trigger gate after insert on users deferrable initially deferred
       for each row execute function gate();
       select pg_advisory_lock(42)`,
      [],
    );
    const lost = once('abandon', isCommit);
    proxy.decide = async (statement) => {
      if (/^select .*where .*"email_key" in/i.test(statement)) {
        if (committing.faults.length > 0) {
          await query(direct, 'select pg_advisory_unlock(42)', []);
          const made = () => query(orm.em.fork(), "select id from users where id = 'gated'", []);
          await until(async () => (await made()).length === 1, 'the end of the first commit');
        }
      }
      return lost(statement);
    };
    const settled = await committing.commit(userOf(committing.settings, 'gated'));
    await query(direct, 'drop trigger gate on users', []);
    expect(kindsOf(settled)).toEqual(['ACTIVE']);
    expect(committing.faults).toHaveLength(1);
    await other.close();
  });

  it('leaves every command of a batch with its own outcome', async () => {
    const { settings, commit } = committing;
    await makeRichUser(committing, 'batch');
    for (const verdict of ['drop', 'withhold'] as const) {
      proxy.decide = once(verdict, isCommit);
      const settled = await commit(
        transactionOf(settings, 'batch', '1.00'),
        transactionOf(settings, 'batch', '2000.00', { type: 'WITHDRAWAL' }),
        userOf(settings, `batch-${verdict}`),
        transactionOf(settings, 'batch', '2.00'),
        transactionOf(settings, 'nobody', '2.00'),
      );
      expect(kindsOf(settled)).toEqual(['COMPLETED', 'FAILED', 'ACTIVE', 'COMPLETED', 'DomainError']);
    }
    expect(await findUser(orm, 'batch')).toMatchObject({ posted: 99_400n, version: 5 });
  });

  it('gives its place in the pool back, however often it happens', async () => {
    await makeRichUser(committing, 'often');
    for (let round = 0; round < 20; round += 1) {
      proxy.decide = once(round % 2 === 0 ? 'drop' : 'withhold', round % 4 < 2 ? isCommit : () => true);
      const settled = await committing.commit(transactionOf(committing.settings, 'often', '1.00'));
      expect(kindsOf(settled)).toEqual(['COMPLETED']);
    }
    expect(committing.faults).toHaveLength(20);
    expect(await findUser(orm, 'often')).toMatchObject({ posted: 98_000n, version: 21 });
  });

  it('three times in a row: the caller learns that nothing was done, and the next call works', async () => {
    const { settings, commit } = committing;
    await makeRichUser(committing, 'unlucky');
    const command = transactionOf(settings, 'unlucky', '5.00');
    proxy.decide = (statement) => (/^select .* from users/i.test(statement) ? 'drop' : 'forward');
    const [settled] = await commit(command);
    expect(settled).toEqual({ error: expect.any(OverloadedError) });
    expect((settled as { error: Error }).error.message).toMatch(/nothing was done/);
    expect(committing.faults).toHaveLength(3);
    proxy.decide = () => 'forward';
    expect(outcomeOf((await commit(command))[0]).replayed).toBe(false);
    expect(await findUser(orm, 'unlucky')).toMatchObject({ posted: 99_500n, version: 2 });
  });

  it.each(['drop', 'withhold'] as const)(
    'for good at the commit (%s): the caller is asked to call again, and then learns the outcome',
    async (verdict) => {
      const { settings, commit } = committing;
      const userId = `for-good-${verdict}`;
      await makeRichUser(committing, userId);
      const commands = [transactionOf(settings, userId, '5.00'), transactionOf(settings, userId, '6.00')];
      let lost = false;
      proxy.decide = (statement) => {
        if (lost) return 'drop';
        lost = isCommit(statement);
        return lost ? verdict : 'forward';
      };
      const settled = await commit(...commands);
      for (const one of settled) {
        expect(one).toEqual({ error: expect.any(OverloadedError) });
        expect((one as { error: Error }).error.message).toMatch(/same idempotencyKey/);
      }
      expect(committing.faults).toHaveLength(3);
      proxy.decide = () => 'forward';
      const again = await commit(...commands);
      expect(again.map((one) => outcomeOf(one).replayed)).toEqual(Array(2).fill(verdict === 'withhold'));
      expect(await findUser(orm, userId)).toMatchObject({ posted: 98_900n, version: 3 });
    },
  );

  it('because the database is gone: it is said so after three attempts, and all is well when it is back', async () => {
    const { settings, commit } = committing;
    await makeRichUser(committing, 'gone');
    await proxy.refuse();
    const settled = await commit(
      transactionOf(settings, 'gone', '1.00'),
      transactionOf(settings, 'gone', '1.00'),
    );
    expect(settled).toEqual(Array(2).fill({ error: expect.any(OverloadedError) }));
    expect(committing.faults).toHaveLength(3);
    await proxy.accept();
    expect(kindsOf(await commit(transactionOf(settings, 'gone', '1.00')))).toEqual(['COMPLETED']);
    expect(await findUser(orm, 'gone')).toMatchObject({ posted: 99_900n, version: 2 });
  });

  it('by the listener, even while it subscribes: it takes one new connection, and only one', async () => {
    const faults: unknown[] = [];
    let wakes = 0;
    const { listen } = createAnnouncements(committing.orm, (error) => faults.push(error));
    const stop = await listen(() => {
      wakes += 1;
    });
    const listening = async () => {
      const [row] = await query<{ count: number }>(
        orm.em.fork(),
        `select count(*)::int as count from pg_stat_activity
         where datname = current_database() and query like 'listen %'`,
        [],
      );
      return row?.count;
    };
    expect([await listening(), wakes]).toEqual([1, 1]);
    let refused = 0;
    proxy.decide = (statement) => {
      if (!statement.startsWith('listen ') || refused === 2) return 'forward';
      refused += 1;
      return refused === 1 ? 'drop' : 'withhold';
    };
    proxy.cut();
    await until(() => wakes === 2, 'the wake-up after connecting again');
    // One more than the delay between attempts: a second attempt that was still on its way would show.
    const deadline = Date.now() + 1_300;
    await until(() => Date.now() > deadline, 'the time of another attempt');
    expect([await listening(), wakes, faults.length]).toEqual([1, 2, 3]);
    await stop();
    await until(async () => (await listening()) === 0, 'the end of listening');
  });
});
