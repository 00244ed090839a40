import { LockMode, raw } from '@mikro-orm/core';
import type { SqlEntityManager } from '@mikro-orm/sqlite';
import { connect } from '../src/database.js';
import { inTransaction } from '../src/db/transaction.js';
import { Event, EventLogHead, HEAD_ID } from '../src/events/event.js';
import { hashEvent } from '../src/events/hash-chain.js';
import { writePayload } from '../src/events/payload.js';
import { newId } from '../src/ids.js';
import { Posting } from '../src/ledger/posting.js';
import { Transaction } from '../src/ledger/transaction.js';
import { User } from '../src/ledger/user.js';
import { blankTransaction } from '../src/operations/new-transaction.js';
import { userIdOf } from './history.js';
import type { Attempt, Open, Order } from './load.js';

const CONNECTIONS = 16;
const DAY_MS = 86_400_000;

/** The obvious way: a fork and a transaction for each request, entities for everything, one flush. */
export async function openNaiveOrm({ url, callers }: Order): Promise<Open> {
  const orm = await connect({ databaseUrl: url, databasePoolMax: CONNECTIONS });
  const attempt: Attempt = async (number, amount, key) => {
    const em = orm.em.fork() as SqlEntityManager;
    const now = new Date();
    const userId = userIdOf(number);
    return inTransaction(em, async () => {
      const user = await em.findOneOrFail(User, userId, { lockMode: LockMode.PESSIMISTIC_WRITE });
      const known = await em.findOne(Transaction, {
        userId,
        $or: [{ idempotencyKey: key }, { reversalKey: key }],
      });
      const since = { $gt: new Date(now.getTime() - 30 * DAY_MS) };
      await em
        .createQueryBuilder(Transaction)
        .select([raw('count(*) as count'), raw('sum(base_amount) as total')])
        .where({ userId, status: 'COMPLETED', createdAt: since })
        .execute('get');
      await em.find(
        Transaction,
        { userId },
        {
          orderBy: { createdAt: 'desc', id: 'desc' },
          limit: 11,
          fields: ['createdAt'],
          disableIdentityMap: true,
        },
      );
      const money = { amount: BigInt(100 + amount), currency: 'MYR' };
      await em.findOne(Transaction, {
        userId,
        ...money,
        merchantName: 'Kopi Corner',
        createdAt: { $gt: new Date(now.getTime() - 300_000) },
      });
      const transaction = em.create(Transaction, {
        ...blankTransaction(newId(now), now),
        userId,
        type: 'PURCHASE',
        status: 'COMPLETED',
        ...money,
        walletAmount: money.amount,
        walletCurrency: 'MYR',
        baseAmount: money.amount,
        rate: '1',
        walletRate: '1',
        merchantName: 'Kopi Corner',
        merchantCategory: 'food_and_drink',
        idempotencyKey: key,
        requestHash: '0'.repeat(64),
      } as never);
      em.create(Posting, {
        id: newId(now),
        transactionId: transaction.id,
        userId,
        ...money,
        source: `wallet:${userId}`,
        destination: 'merchants',
        createdAt: now,
      } as never);
      user.posted -= money.amount;
      user.version += 1;
      user.updatedAt = now;
      const head = await em.findOneOrFail(EventLogHead, HEAD_ID, { lockMode: LockMode.PESSIMISTIC_WRITE });
      const { currency, posted, held, version } = user;
      const event = {
        position: head.position + 1,
        userId,
        version,
        type: 'TRANSACTION_CREATED' as const,
        transactionId: transaction.id,
        occurredAt: now,
        payload: writePayload({
          balance: { currency, posted, held, version },
          transaction: { ...transaction },
        }),
      };
      const hash = hashEvent(head.hash, event);
      em.create(Event, { ...event, hash });
      Object.assign(head, { position: event.position, hash });
      await em.flush();
      return known === null;
    });
  };
  return { attempts: Array.from({ length: callers }, () => attempt), close: () => orm.close() };
}
