import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { MikroORM } from '@mikro-orm/core';
import { connect } from '../../src/database.js';
import { query } from '../../src/db/dialect.js';
import { databases, type TestDatabase } from '../support/databases.js';
import { copyProgram, type Program, type ServerProcess, seededRandom } from '../support/processes.js';
import { audit } from './audit.js';
import { makeUser, newKey, purchase, type Told, topUp } from './caller.js';
import { NO_POINTS } from './committing.js';

const SEED = 4711;
/** Starting a process is what takes the time here. */
const ROUNDS = { postgresql: 4, sqlite: 2 };
const CALLERS = 24;
const TRANSACTIONS = 240;
const USERS = ['user-a', 'user-b', 'user-c'];

/** One payment that a caller asked for, and what it heard of it. */
interface Asked {
  readonly userId: string;
  readonly key: string;
  /** Undefined when the connection ended before there was an answer. */
  told: Told | undefined;
}

interface Kept {
  readonly id: string;
  readonly user_id: string;
  readonly idempotency_key: string;
}

describe.each(databases)('a server on $name that stops under load', (kind) => {
  let program: Program;
  let database: TestDatabase;
  let orm: MikroORM;
  let survivor: ServerProcess;
  const start = () => program.start(database, NO_POINTS);
  beforeAll(async () => {
    program = await copyProgram();
    database = await kind.create();
    survivor = await start();
    orm = await connect({ databaseUrl: database.url, databasePoolMax: 2 });
    for (const userId of USERS) {
      await makeUser(survivor, userId);
      for (const amount of ['40000.00', '40000.00']) await topUp(survivor, userId, amount);
    }
  });
  afterAll(async () => {
    await orm.close();
    await program.dispose();
    await database.drop();
  });

  /** Many callers pay, each over one of the servers, until all is asked for or nobody answers them any more. */
  async function load(
    servers: readonly ServerProcess[],
    count: number,
    onAnswer: (answered: number) => void,
  ): Promise<Asked[]> {
    const asked: Asked[] = [];
    let answered = 0;
    const caller = async (number: number) => {
      const server = servers[number % servers.length] as ServerProcess;
      while (asked.length < count) {
        const one: Asked = { userId: USERS[asked.length % 3] as string, key: newKey(), told: undefined };
        asked.push(one);
        one.told = await purchase(server, one.userId, '1.00', one.key).catch(() => undefined);
        if (!one.told) return;
        answered += 1;
        onAnswer(answered);
      }
    };
    await Promise.all(Array.from({ length: CALLERS }, (_, number) => caller(number)));
    return asked;
  }

  async function keptOf(asked: readonly Asked[]): Promise<Map<string, string[]>> {
    const rows = await query<Kept>(
      orm.em.fork(),
      'select id, user_id, idempotency_key from transactions',
      [],
    );
    const ids = new Map(asked.map(({ key }) => [key, [] as string[]]));
    for (const { id, idempotency_key } of rows) ids.get(idempotency_key)?.push(id);
    return ids;
  }

  it('loses nothing that it acknowledged when it is killed, and applies nothing twice', async () => {
    const random = seededRandom(SEED);
    for (let round = 0; round < ROUNDS[kind.name]; round += 1) {
      const victim = await start();
      const killAfter = 20 + Math.floor(random() * TRANSACTIONS * 0.5);
      const asked = await load([victim, survivor], TRANSACTIONS, (answered) => {
        if (answered === killAfter) victim.kill('SIGKILL');
      });
      expect(await victim.exited).toEqual({ code: null, signal: 'SIGKILL' });
      const kept = await keptOf(asked);
      for (const { key, told } of asked) {
        const ids = kept.get(key) ?? [];
        if (told) expect([told.status, told.errors, ids]).toEqual(['COMPLETED', [], [told.id]]);
        else expect(ids.length).toBeLessThanOrEqual(1);
      }
      const unanswered = asked.filter(({ told }) => !told);
      expect(unanswered.length).toBeGreaterThan(0);
      // Calling again with the same key, elsewhere, settles what became of it.
      for (const { userId, key } of unanswered) {
        const [before] = kept.get(key) ?? [];
        const told = await purchase(survivor, userId, '1.00', key);
        expect([told.status, told.errors, told.replayed]).toEqual(['COMPLETED', [], before !== undefined]);
        if (before) expect(told.id).toBe(before);
      }
      const settled = await keptOf(asked);
      for (const { key } of asked) expect(settled.get(key)).toHaveLength(1);
      expect(await audit(orm)).toEqual([]);
    }
    expect(survivor.faults()).toEqual([]);
  });

  it('answers what it accepted, and ends by itself, when it is asked to stop', async () => {
    for (let round = 0; round < ROUNDS[kind.name] / 2; round += 1) {
      const server = await start();
      let signalledAt = 0;
      const asked = await load([server], TRANSACTIONS, (answered) => {
        if (answered !== 60) return;
        signalledAt = Date.now();
        server.kill('SIGTERM');
      });
      expect(await server.exited).toEqual({ code: 0, signal: null });
      expect(Date.now() - signalledAt).toBeLessThan(5_000);
      // Every payment that was made was also told: no caller is left in doubt.
      const kept = await keptOf(asked);
      for (const { key, told } of asked) {
        const ids = kept.get(key) ?? [];
        if (told?.status) expect([told.status, ids]).toEqual(['COMPLETED', [told.id]]);
        else expect(ids).toEqual([]);
      }
      expect(asked.filter(({ told }) => told?.status).length).toBeGreaterThanOrEqual(60);
      expect(server.faults()).toEqual([]);
    }
    expect(await audit(orm)).toEqual([]);
  });
});
