import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { MikroORM } from '@mikro-orm/core';
import { connect } from '../../src/database.js';
import { lagOf } from '../../src/rollups/advance.js';
import { Rollup } from '../../src/rollups/rollup.js';
import { verify } from '../../src/verification/verify.js';
import { databases, type TestDatabase } from '../support/databases.js';
import { copyProgram, type Program, type ServerProcess, until } from '../support/processes.js';
import { atOnce, makeUser, purchase, topUp } from './caller.js';
import { NO_POINTS } from './committing.js';

const ENVIRONMENT = { ...NO_POINTS, ROLLUP_INTERVAL: '10' };
const ROUNDS = 3;

describe.each(databases)('rollups of servers that are killed on $name', (kind) => {
  let program: Program;
  let database: TestDatabase;
  let orm: MikroORM;
  beforeAll(async () => {
    program = await copyProgram();
    database = await kind.create();
  });
  afterAll(async () => {
    await orm.close();
    await program.dispose();
    await database.drop();
  });

  it('count every event once', async () => {
    const start = () => program.start(database, ENVIRONMENT);
    // SQLite is meant for one server.
    const stays = kind.name === 'postgresql' ? await start() : undefined;
    for (let round = 0; round < ROUNDS; round += 1) {
      const killed = await start();
      const servers: readonly ServerProcess[] = stays ? [stays, killed] : [killed];
      const userId = await makeUser(killed, `round-${round}`);
      await topUp(killed, userId, '1000.00');
      await atOnce(40, servers, (server) => purchase(server, userId, '1.00'));
      killed.kill('SIGKILL');
      await killed.exited;
    }
    const last = await start();
    orm = await connect({ databaseUrl: database.url, databasePoolMax: 2 });
    await until(async () => (await lagOf(orm.em.fork())) === 0, 'rollups that have caught up');
    const rollups = await orm.em.fork().find(Rollup, { measure: 'spending.purchased' });
    expect(rollups.reduce((sum, { count }) => sum + count, 0n)).toBe(120n);
    expect(rollups.reduce((sum, { amount }) => sum + amount, 0n)).toBe(12_000n);
    expect((await verify(orm)).problem).toBeUndefined();
    for (const server of [last, ...(stays ? [stays] : [])]) {
      expect(server.faults()).toEqual([]);
      await server.stop();
    }
  });
});
