import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { MikroORM } from '@mikro-orm/core';
import Database from 'better-sqlite3';
import { connect } from '../../src/database.js';
import { databases, type TestDatabase } from '../support/databases.js';
import { copyProgram, type Program, type ServerProcess, until } from '../support/processes.js';
import { audit, countStatuses, findUser } from './audit.js';
import { atOnce, call, makeUser, newKey, purchase, tally, topUp } from './caller.js';
import { NO_POINTS } from './committing.js';

describe('two processes on one sqlite file', () => {
  let program: Program;
  let database: TestDatabase;
  let servers: readonly [ServerProcess, ServerProcess];
  let orm: MikroORM;
  beforeAll(async () => {
    program = await copyProgram();
    database = (await databases.find(({ name }) => name === 'sqlite')?.create()) as TestDatabase;
    // They also start together: both find the same migrations missing.
    servers = await Promise.all([program.start(database, NO_POINTS), program.start(database, NO_POINTS)]);
    orm = await connect({ databaseUrl: database.url, databasePoolMax: 2 });
  });
  afterAll(async () => {
    await orm.close();
    await program.dispose();
    await database.drop();
  });

  it('complete exactly as many parallel debits as there is money for', async () => {
    const userId = await makeUser(servers[0], 'debits');
    await topUp(servers[0], userId, '1000.00');
    const answers = await atOnce(200, servers, (server) => purchase(server, userId, '10.00'));
    expect(tally(answers)).toEqual({ COMPLETED: 100, 'FAILED INSUFFICIENT_BALANCE': 100 });
    expect(await findUser(orm, userId)).toMatchObject({ posted: 0n, held: 0n, version: 101 });
    expect(await countStatuses(orm, userId)).toEqual({ COMPLETED: 101, FAILED: 100 });
  });

  it('make one transaction of one key, one refund of one purchase and one user of one address', async () => {
    const userId = await makeUser(servers[0], 'once');
    await topUp(servers[0], userId, '100.00');
    const bought = await atOnce(50, servers, (server) => purchase(server, userId, '40.00', 'the-key'));
    expect(tally(bought)).toEqual({ COMPLETED: 50 });
    expect(bought.filter(({ replayed }) => replayed === false)).toHaveLength(1);
    const transactionId = bought[0]?.id;
    const refunds = await atOnce(50, servers, (server) =>
      call(server, 'refund', { transactionId, idempotencyKey: newKey() }),
    );
    expect(tally(refunds)).toEqual({ COMPLETED: 1, REFUND_EXCEEDS_REMAINING: 49 });
    const users = await atOnce(20, servers, (server, index) =>
      call(server, 'createUser', {
        id: `same-mail-${index}`,
        email: index % 2 === 0 ? 'Same@Example.com' : 'same@example.com',
        fullName: 'Same',
        currency: 'MYR',
      }),
    );
    expect(tally(users)).toEqual({ ACTIVE: 1, EMAIL_TAKEN: 19 });
    expect(await findUser(orm, userId)).toMatchObject({ posted: 10_000n, version: 3 });
  });

  it('wait for another writer, and say that they are busy only when it takes too long', async () => {
    const userId = await makeUser(servers[0], 'blocked');
    await topUp(servers[0], userId, '100.00');
    const other = new Database(database.url.replace('sqlite:', ''));
    other.exec('begin immediate');
    const key = newKey();
    let answered = false;
    const asked = purchase(servers[0], userId, '1.00', key).finally(() => {
      answered = true;
    });
    // Past the busy timeout of one attempt: the first has failed, another waits.
    await until(() => servers[0].faults().length > 0, 'the failure of the first attempt', 15_000);
    expect(answered).toBe(false);
    other.exec('rollback');
    other.close();
    expect(await asked).toMatchObject({ status: 'COMPLETED', replayed: false, errors: [] });
    expect(await purchase(servers[1], userId, '1.00', key)).toMatchObject({ replayed: true, errors: [] });
    expect(await findUser(orm, userId)).toMatchObject({ posted: 9_900n, version: 2 });
  });

  it('leave a consistent ledger', async () => {
    expect(await audit(orm)).toEqual([]);
  });
});
