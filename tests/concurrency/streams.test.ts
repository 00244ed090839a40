import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { MikroORM } from '@mikro-orm/core';
import { connect } from '../../src/database.js';
import { START, writeCursor } from '../../src/events/cursor.js';
import { Event, type EventRow } from '../../src/events/event.js';
import { databases, type TestDatabase } from '../support/databases.js';
import { Follower } from '../support/follower.js';
import { copyProgram, type Program, type ServerProcess, seededRandom, until } from '../support/processes.js';

const USERS = Array.from({ length: 10 }, (_, index) => `follower-${index}`);
const STREAMS = ['balanceUpdated', 'transactionUpdated', 'fraudFlagged'] as const;
const WRITERS = 8;
const SUBSCRIBERS = 50;
const WRITES = 1_600;
const CUTS = 60;
const SEED = 20_261_123;

const CREATE_USER = `mutation ($id: ID!, $email: String!) { createUser(input: { id: $id, email: $email,
  fullName: "Someone", currency: "MYR" }) { userErrors { code } } }`;
const TOP_UP = `mutation ($userId: ID!, $key: String!) { createTransaction(input: { userId: $userId, type: TOP_UP,
  amount: { amount: "0.01", currency: "MYR" }, idempotencyKey: $key }) { transaction { id } userErrors { code } } }`;

const environment = {
  FRAUD_DUPLICATE_WINDOW_SECONDS: '1000',
  FRAUD_VELOCITY_POINTS: '0',
  FRAUD_SUSPICIOUS_VELOCITY_POINTS: '0',
  EVENT_PROGRESS_INTERVAL: '500',
  EVENT_POLL_INTERVAL: '200',
};

describe.each(databases)('followers of the log on $name', (kind) => {
  let database: TestDatabase;
  let program: Program;
  let orm: MikroORM;
  beforeAll(async () => {
    database = await kind.create();
    program = await copyProgram();
  });
  afterAll(async () => {
    await program.dispose();
    await orm?.close();
    await database.drop();
  });

  it('miss nothing and get nothing twice while sockets are cut and a server is killed', async () => {
    const random = seededRandom(SEED);
    const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T;
    // On SQLite one server is the rule; it is the one that is killed and started again.
    const servers: ServerProcess[] = [await program.start(database, environment)];
    if (kind.name === 'postgresql') servers.push(await program.start(database, environment));
    orm = await connect({ databaseUrl: database.url, databasePoolMax: 4 });
    for (const id of USERS) await pick(servers).request(CREATE_USER, { id, email: `${id}@example.com` });

    const start = writeCursor(START);
    const followers = Array.from({ length: SUBSCRIBERS }, (_, index) => {
      const name = STREAMS[index % STREAMS.length] as (typeof STREAMS)[number];
      const userId = name === 'fraudFlagged' ? undefined : USERS[index % USERS.length];
      const follower = new Follower(() => pick(servers).url, name, { userId }, start);
      return { name, userId, follower };
    });

    let written = 0;
    const answered = (userId: string, key: string) =>
      pick(servers)
        .request(TOP_UP, { userId, key })
        .then(
          ({ data, errors }) => errors.length === 0 && data.createTransaction.userErrors.length === 0,
          () => false,
        );
    const write = async () => {
      while (written < WRITES) {
        written += 1;
        const key = `write-${written}`;
        const userId = pick(USERS);
        // Until it is answered: the key makes a repetition harmless.
        await until(() => answered(userId, key), `write ${key}`, 60_000);
      }
    };
    const disturb = async () => {
      for (let cut = 1; cut <= CUTS; cut += 1) {
        await until(() => written >= (WRITES * cut) / (CUTS + 2), 'more writes', 60_000);
        pick(followers).follower.cut();
        if (cut % 20 !== 0) continue;
        const killed = servers.pop() as ServerProcess;
        if (servers.length === 0) servers.push(killed);
        killed.kill('SIGKILL');
        await killed.exited;
        const started = await program.start(database, environment);
        if (servers[0] === killed) servers[0] = started;
        else servers.push(started);
      }
    };
    await Promise.all([...Array.from({ length: WRITERS }, write), disturb()]);

    const log = await orm.em.fork().find(Event, {}, { orderBy: { position: 'asc' } });
    expect(log.filter(({ type }) => type === 'TRANSACTION_CREATED')).toHaveLength(WRITES);
    for (const { name, userId, follower } of followers) {
      const cursors = log.filter((event) => isFor(event, name, userId)).map((event) => writeCursor(event));
      const events = () => follower.received.filter(({ delivery }) => delivery !== 'PROGRESS');
      await until(() => events().length >= cursors.length, `the last event of ${name} at ${userId}`, 30_000);
      await follower.stop();
      expect(events().map(({ cursor }) => cursor)).toEqual(cursors);
      expect(cursors.length).toBeGreaterThan(WRITES / USERS.length / 2);
      if (name !== 'balanceUpdated') continue;
      expect(events().map(({ balance }) => balance.version)).toEqual(cursors.map((_, index) => index + 1));
    }
    const reconnects = followers.reduce((sum, { follower }) => sum + follower.reconnects, 0);
    expect(reconnects).toBeGreaterThan(CUTS / 2);
    for (const server of servers) expect(server.faults()).toEqual([]);
  }, 170_000);
});

/** What each stream tells, read off the log by itself. */
function isFor({ type, userId, payload }: EventRow, name: string, watched: string | undefined): boolean {
  if (type !== 'TRANSACTION_CREATED') return false;
  if (name === 'fraudFlagged') return JSON.parse(payload).transaction.fraudFlags.length > 0;
  return userId === watched;
}
