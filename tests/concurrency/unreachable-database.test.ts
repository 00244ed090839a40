import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { MikroORM } from '@mikro-orm/core';
import { connect } from '../../src/database.js';
import { databases, type TestDatabase } from '../support/databases.js';
import { copyProgram, type Program, type ServerProcess, until } from '../support/processes.js';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.js';
import { audit, findUser } from './audit.js';
import { atOnce, call, makeUser, newKey, purchase, tally, topUp } from './caller.js';

describe('a server whose database cannot be reached', () => {
  let program: Program;
  let database: TestDatabase;
  let proxy: TcpProxy;
  let server: ServerProcess;
  let orm: MikroORM;
  let transactionId: string | undefined;
  beforeAll(async () => {
    program = await copyProgram();
    database = (await databases.find(({ name }) => name === 'postgresql')?.create()) as TestDatabase;
    proxy = await startTcpProxy(database.url);
    server = await program.start({ ...database, url: proxy.url }, { DATABASE_POOL_MAX: '4' });
    orm = await connect({ databaseUrl: database.url, databasePoolMax: 2 });
    await makeUser(server, 'patient');
    await topUp(server, 'patient', '100.00');
    ({ id: transactionId } = await purchase(server, 'patient', '10.00'));
  });
  afterAll(async () => {
    await orm.close();
    await program.dispose();
    await proxy.close();
    await database.drop();
  });

  it('says that every mutation may be tried again, and works again when it is back', async () => {
    const userId = 'patient';
    for (let round = 1; round <= 3; round += 1) {
      await proxy.refuse();
      const key = newKey();
      const answers = await Promise.all([
        purchase(server, userId, '1.00', key),
        call(server, 'refund', { transactionId, idempotencyKey: newKey() }),
        call(server, 'reviewTransaction', { transactionId, decision: 'APPROVE', note: 'Seen.' }),
        call(server, 'reverseTransaction', {
          transactionId,
          reason: 'By mistake.',
          idempotencyKey: newKey(),
        }),
        call(server, 'changeUserStatus', { userId, status: 'SUSPENDED' }),
        call(server, 'createUser', { id: 'new', email: 'new@example.com', fullName: 'New', currency: 'MYR' }),
      ]);
      expect(answers.map(({ errors }) => errors)).toEqual(Array(6).fill(['OVERLOADED']));
      const { errors } = await server.request('{ balance(userId: "patient") { version } }');
      expect(errors[0]?.extensions).toMatchObject({ code: 'OVERLOADED', retryable: true });
      expect((await fetch(`${server.url}/health/ready`)).status).toBe(503);
      expect((await fetch(`${server.url}/health/live`)).status).toBe(200);
      await proxy.accept();
      expect(await purchase(server, userId, '1.00', key)).toMatchObject({
        status: 'COMPLETED',
        replayed: false,
        errors: [],
      });
      expect((await fetch(`${server.url}/health/ready`)).status).toBe(200);
      expect(await findUser(orm, userId)).toMatchObject({
        posted: 9_000n - 100n * BigInt(round),
        status: 'ACTIVE',
      });
    }
  });

  it('keeps its connections usable, however often they are cut under load', async () => {
    await makeUser(server, 'cut');
    await topUp(server, 'cut', '100.00');
    const keys = Array.from({ length: 100 }, () => newKey());
    let cuts = 0;
    for (let round = 0; round < 10; round += 1) {
      const answers = atOnce(10, [server], (_, index) =>
        purchase(server, 'cut', '1.00', keys[round * 10 + index] as string),
      );
      proxy.decide = (statement) => {
        if (!/^(commit|select .* from "users")/i.test(statement) || cuts > round) return 'forward';
        cuts += 1;
        proxy.decide = () => 'forward';
        return round % 2 === 0 ? 'drop' : 'withhold';
      };
      expect(tally(await answers)).toEqual({ COMPLETED: 10 });
      expect(cuts).toBe(round + 1);
    }
    const again = await atOnce(100, [server], (_, index) =>
      purchase(server, 'cut', '1.00', keys[index] as string),
    );
    expect(tally(again)).toEqual({ COMPLETED: 100 });
    expect(again.filter(({ replayed }) => replayed)).toHaveLength(100);
    expect((await findUser(orm, 'cut')).version).toBe(101);
    expect(await audit(orm)).toEqual([]);
  });

  it('still stops by itself', async () => {
    await proxy.refuse();
    await until(async () => (await fetch(`${server.url}/health/ready`)).status === 503, 'the loss');
    server.kill('SIGTERM');
    expect(await server.exited).toEqual({ code: 0, signal: null });
  });
});
