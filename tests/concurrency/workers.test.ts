import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { databases, type TestDatabase } from '../support/databases.js';
import { copyProgram, type Program, type ServerProcess, until } from '../support/processes.js';
import { call, makeUser, myr, type Told, topUp } from './caller.js';
import { NO_POINTS } from './committing.js';

const postgresql = databases.filter(({ name }) => name === 'postgresql');
const PAYMENTS = 60;

describe.each(postgresql)('several workers on $name', (kind) => {
  let program: Program;
  let database: TestDatabase;
  let server: ServerProcess;
  const workers = () => server.logged('worker started').map(({ pid }) => pid as number);
  beforeAll(async () => {
    program = await copyProgram();
    database = await kind.create();
    server = await program.start(database, { WORKERS: '2', ...NO_POINTS });
    await until(() => server.logged('listening').length === 2, 'that both workers listen');
  });
  afterAll(async () => {
    await program.dispose();
    await database.drop();
  });

  /** Sends it again with its key for as long as whoever had the connection died. */
  const pay = (userId: string, key: string): Promise<Told> =>
    until(
      () =>
        call(server, 'createTransaction', {
          userId,
          type: 'WITHDRAWAL',
          amount: myr('1.00'),
          idempotencyKey: key,
        }).catch(() => undefined),
      `an answer to ${key}`,
    );

  it('listen at one address, beside the process that looks after them', () => {
    const urls = new Set(server.logged('listening').map(({ url }) => url));
    expect([...urls]).toEqual([server.url]);
    expect(new Set([server.pid, ...workers()]).size).toBe(3);
  });

  it('go on when one dies, lose nothing, and are as many as before again', async () => {
    await makeUser(server, 'ann');
    await topUp(server, 'ann', '100.00');
    const keys = Array.from({ length: PAYMENTS }, (_, index) => `payment-${index}`);
    const killed = workers()[0] as number;
    const answers = await Promise.all(
      keys.map(async (key, index) => {
        if (index === PAYMENTS / 2) process.kill(killed, 'SIGKILL');
        return pay('ann', key);
      }),
    );
    expect(answers.map(({ status, code, errors }) => [status, code, errors])).toEqual(
      keys.map(() => ['COMPLETED', undefined, []]),
    );
    expect(new Set(answers.map(({ id }) => id)).size).toBe(PAYMENTS);
    const { data } = await until(
      () => server.request('{ balance(userId: "ann") { posted { amount } version } }').catch(() => undefined),
      'an answer about the balance',
    );
    expect(data.balance).toEqual({ posted: { amount: '40.00' }, version: PAYMENTS + 1 });
    await until(() => server.logged('listening').length === 3, 'that another worker listens');
    expect(server.logged('worker ended')).toMatchObject([{ pid: killed, code: null, signal: 'SIGKILL' }]);
    expect(workers()).toHaveLength(3);
  });

  it('all end, and well, when they are told to stop', async () => {
    const left = workers().slice(1);
    server.kill('SIGTERM');
    expect(await server.exited).toEqual({ code: 0, signal: null });
    expect(
      server
        .logged('worker ended')
        .slice(1)
        .map(({ pid, code }) => [pid, code])
        .sort(),
    ).toEqual(left.map((pid) => [pid, 0]).sort());
  });
});
