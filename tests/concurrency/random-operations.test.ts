import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { MikroORM } from '@mikro-orm/core';
import { connect } from '../../src/database.js';
import { databases, type TestDatabase } from '../support/databases.js';
import { copyProgram, type Program, type ServerProcess, seededRandom } from '../support/processes.js';
import { audit } from './audit.js';
import { call, makeUser, newKey, type Operation, type Told, zoneAtHour } from './caller.js';

const SEED = 20261123;
const USERS = 20;
const CALLERS = 32;
const OPERATIONS = 1_500;
const CURRENCIES = ['MYR', 'SGD', 'USD'];

/** The only ways in which one of these operations may be turned down. */
const REFUSALS = [
  'DAILY_LIMIT_EXCEEDED',
  'IDEMPOTENCY_KEY_REUSED',
  'INSUFFICIENT_BALANCE',
  'INVALID_AMOUNT',
  'INVALID_STATUS_TRANSITION',
  'INVALID_USER_STATUS_TRANSITION',
  'REFUND_EXCEEDS_REMAINING',
  'TRANSACTION_NOT_REFUNDABLE',
  'USER_CLOSED',
  'USER_NOT_EMPTY',
  'USER_SUSPENDED',
];

describe('random operations of many callers on two servers', () => {
  let program: Program;
  let database: TestDatabase;
  let servers: readonly ServerProcess[];
  let orm: MikroORM;
  beforeAll(async () => {
    program = await copyProgram();
    database = (await databases.find(({ name }) => name === 'postgresql')?.create()) as TestDatabase;
    servers = await Promise.all([program.start(database), program.start(database)]);
    orm = await connect({ databaseUrl: database.url, databasePoolMax: 2 });
  });
  afterAll(async () => {
    await orm.close();
    await program.dispose();
    await database.drop();
  });

  it('are all done or refused by a rule, and leave a ledger in which everything adds up', async () => {
    const userIds = await Promise.all(
      Array.from({ length: USERS }, (_, index) =>
        makeUser(servers[index % 2] as ServerProcess, `user-${index}`, {
          currency: CURRENCIES[index % CURRENCIES.length],
          // For every other user it is night, so that fast payments are held.
          timeZone: zoneAtHour(index % 2 === 0 ? 2 : 12),
        }),
      ),
    );
    const known: string[] = [];
    const done = new Map<string, number>();
    const problems: string[] = [];
    let left = OPERATIONS;

    const caller = async (number: number) => {
      const random = seededRandom(SEED + number);
      const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
      while (left > 0) {
        left -= 1;
        const [operation, input] = choose(random, pick, userIds, known);
        const told = await call(pick(servers), operation, input);
        if (told.errors.length > 0 || (told.code && !REFUSALS.includes(told.code)))
          problems.push(`${operation}: ${told.code} ${told.errors}`);
        const isNew = operation === 'createTransaction' || operation === 'refund';
        if (isNew && told.id && told.status !== 'FAILED') known.push(told.id);
        note(done, operation, told);
      }
    };
    await Promise.all(Array.from({ length: CALLERS }, (_, number) => caller(number)));

    expect(problems).toEqual([]);
    expect(await audit(orm)).toEqual([]);
    for (const server of servers) expect(server.faults()).toEqual([]);
    // Otherwise this would have shown little.
    for (const name of [
      'createTransaction COMPLETED',
      'createTransaction PENDING',
      'refund COMPLETED',
      'reviewTransaction COMPLETED',
      'reviewTransaction FAILED',
      'reverseTransaction REVERSED',
      'changeUserStatus SUSPENDED',
      'changeUserStatus ACTIVE',
    ])
      expect([name, (done.get(name) ?? 0) > 0]).toEqual([name, true]);
  });
});

function note(done: Map<string, number>, operation: string, { status, code }: Told): void {
  const name = code && code !== 'REVIEW_REJECTED' ? `refused ${code}` : `${operation} ${status}`;
  done.set(name, (done.get(name) ?? 0) + 1);
}

function choose(
  random: () => number,
  pick: <T>(list: readonly T[]) => T,
  userIds: readonly string[],
  known: readonly string[],
): [Operation, Record<string, unknown>] {
  const userId = pick(userIds);
  const amount = {
    amount: `${Math.floor(random() * 90) + 1}.${pick(['00', '05', '37'])}`,
    currency: pick(CURRENCIES),
  };
  const dice = random() * 100;
  // A key used before, now and then, by whoever used it.
  const idempotencyKey = random() < 0.05 ? `again-${Math.floor(random() * 50)}` : newKey();
  const transactionId = known.length > 0 ? pick(known.slice(-200)) : undefined;
  if (dice < 25 || transactionId === undefined) {
    const more = { amount: `${Number(amount.amount) * 5}`, currency: amount.currency };
    return ['createTransaction', { userId, type: 'TOP_UP', amount: more, idempotencyKey }];
  }
  if (dice < 55) {
    const merchant = { merchantName: pick(['Kopi', 'Kedai', 'Pasar']), merchantCategory: 'food' };
    return ['createTransaction', { userId, amount, ...merchant, idempotencyKey }];
  }
  if (dice < 62) return ['createTransaction', { userId, type: 'WITHDRAWAL', amount, idempotencyKey }];
  if (dice < 75) {
    const part = random() < 0.5 ? { amount: { amount: '3.33', currency: amount.currency } } : {};
    return ['refund', { transactionId, ...part, idempotencyKey }];
  }
  if (dice < 87) {
    return ['reviewTransaction', { transactionId, decision: pick(['APPROVE', 'REJECT']), note: 'Seen.' }];
  }
  if (dice < 93) return ['reverseTransaction', { transactionId, reason: 'By mistake.', idempotencyKey }];
  if (dice < 95) return ['changeUserStatus', { userId, status: 'SUSPENDED' }];
  if (dice < 99) return ['changeUserStatus', { userId, status: 'ACTIVE' }];
  return ['changeUserStatus', { userId, status: 'CLOSED' }];
}
