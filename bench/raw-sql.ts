import { createHash, randomBytes } from 'node:crypto';
import Database from 'better-sqlite3';
import pg from 'pg';
import { userIdOf } from './history.js';
import type { Attempt, Open, Order } from './load.js';

/** What a program without this server would do for each request: one transaction of prepared statements. */
const CONNECTIONS = 16;

interface Statement {
  readonly name: string;
  readonly text: string;
}

const statement = (name: string, text: string): Statement => ({ name, text });

const lockUser = statement(
  'lock',
  'select posted, held, version, updated_at from users where id = $1 for update',
);
const findKey = statement(
  'key',
  'select id, request_hash from transactions where user_id = $1 and (idempotency_key = $2 or reversal_key = $2)',
);
const facts = statement(
  'facts',
  `select count(*) filter (where status = 'COMPLETED' and type <> 'TOP_UP') as debits,
     coalesce(sum(base_amount) filter (where status = 'COMPLETED' and type <> 'TOP_UP'), 0) as debit_total,
     coalesce(sum(base_amount) filter (where type <> 'TOP_UP' and created_at >= $3), 0) as spent_today,
     (select json_agg(made) from (select created_at as made from transactions
        where user_id = $1 and type <> 'REFUND' order by created_at desc, id desc limit 11) newest) as newest
   from transactions where user_id = $1 and created_at > $2 and type <> 'REFUND'`,
);
const findSame = statement(
  'same',
  `select created_at from transactions where user_id = $1 and created_at > $2 and type = $3 and amount = $4
     and currency = $5 and merchant_name = $6 order by created_at desc limit 1`,
);
const insertTransaction = statement(
  'transaction',
  `insert into transactions (id, user_id, type, status, amount, currency, wallet_amount, wallet_currency, base_amount,
     rate, wallet_rate, merchant_name, merchant_category, fraud_score, fraud_flags, fraud_hits, refunded_amount,
     refunded_wallet_amount, refunded_base_amount, idempotency_key, request_hash, created_at, updated_at)
   values ($1, $2, $3, 'COMPLETED', $4, $5, $4, $5, $4, '1', '1', $6, $7, 0, '', '[]', 0, 0, 0, $8, $9, $10, $10)`,
);
const insertPosting = statement(
  'posting',
  `insert into postings (id, transaction_id, user_id, amount, currency, source, destination, created_at)
   values ($1, $2, $3, $4, $5, $6, 'merchants', $7)`,
);
const updateUser = statement(
  'user',
  'update users set posted = posted - $2, version = version + 1, updated_at = $3 where id = $1',
);
const lockHead = statement('head', 'select position, hash from event_log_head where id = 1 for update');
const insertEvent = statement(
  'event',
  `insert into events (position, user_id, version, type, transaction_id, occurred_at, payload, hash)
   values ($1, $2, $3, 'TRANSACTION_CREATED', $4, $5, $6, $7)`,
);
const updateHead = statement(
  'update-head',
  'update event_log_head set position = $1, hash = $2 where id = 1',
);

function newId(): string {
  const hex = Date.now().toString(16).padStart(12, '0') + randomBytes(10).toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-7${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

const DAY_MS = 86_400_000;

interface Values {
  readonly userId: string;
  readonly id: string;
  readonly postingId: string;
  readonly amount: number;
  readonly now: Date;
  readonly requestHash: string;
}

function valuesOf(user: number, number: number): Values {
  const requestHash = createHash('sha256').update(String(number)).digest('hex');
  const amount = 100 + (number % 997_300);
  return { userId: userIdOf(user), id: newId(), postingId: newId(), amount, now: new Date(), requestHash };
}

/** As long as what the server writes of a transaction. */
function eventOf(previousHash: string, values: Values): { readonly payload: string; readonly hash: string } {
  const payload = JSON.stringify({ ...values, filler: 'x'.repeat(820) });
  return { payload, hash: createHash('sha256').update(previousHash).update(payload).digest('hex') };
}

export async function openRawSql({ url, callers }: Order, withLog: boolean): Promise<Open> {
  const pool = new pg.Pool({ connectionString: url, max: Math.min(CONNECTIONS, callers) });
  pool.on('error', () => undefined);
  const attempt: Attempt = async (user, number, key) => {
    const client = await pool.connect();
    const run = (prepared: Statement, values: unknown[]) => client.query({ ...prepared, values });
    try {
      const values = valuesOf(user, number);
      const { userId, id, postingId, amount, now, requestHash } = values;
      await client.query('begin');
      const locked = await run(lockUser, [userId]);
      const known = await run(findKey, [userId, key]);
      await run(facts, [userId, new Date(now.getTime() - 30 * DAY_MS), new Date(now.getTime() - DAY_MS / 2)]);
      await run(findSame, [
        userId,
        new Date(now.getTime() - 300_000),
        'PURCHASE',
        amount,
        'MYR',
        'Kopi Corner',
      ]);
      await run(insertTransaction, [
        id,
        userId,
        'PURCHASE',
        amount,
        'MYR',
        'Kopi Corner',
        'food_and_drink',
        key,
        requestHash,
        now,
      ]);
      await run(insertPosting, [postingId, id, userId, amount, 'MYR', `wallet:${userId}`, now]);
      await run(updateUser, [userId, amount, now]);
      if (withLog) {
        const head = (await run(lockHead, [])).rows[0] as { position: string; hash: string };
        const { payload, hash } = eventOf(head.hash, values);
        const position = Number(head.position) + 1;
        const version = (locked.rows[0] as { version: number }).version + 1;
        await run(insertEvent, [position, userId, version, id, now, payload, hash]);
        await run(updateHead, [position, hash]);
      }
      await client.query('commit');
      return known.rows.length === 0;
    } catch (error) {
      await client.query('rollback');
      throw error;
    } finally {
      client.release();
    }
  };
  return { attempts: Array.from({ length: callers }, () => attempt), close: () => pool.end() };
}

/** The same on SQLite, in the process itself and without a server: durable, one transaction at a time. */
export async function openBetterSqlite({ url, callers }: Order): Promise<Open> {
  const database = new Database(url.replace(/^sqlite:/, ''), { timeout: 5_000 });
  database.pragma('journal_mode = WAL');
  database.pragma('synchronous = FULL');
  database.pragma('foreign_keys = ON');
  const prepare = ({ text }: Statement) => {
    const sql = text.replace(/ for update$/, '').replace('json_agg', 'json_group_array');
    const statement = database.prepare(sql.replaceAll(/\$(\d+)/g, '@v$1'));
    const named = (values: unknown[]) =>
      Object.fromEntries(values.map((value, index) => [`v${index + 1}`, value]));
    return {
      get: (...values: unknown[]) => statement.get(named(values)),
      run: (...values: unknown[]) => statement.run(named(values)),
    };
  };
  const prepared = {
    lockUser: prepare(lockUser),
    findKey: prepare(findKey),
    facts: prepare(facts),
    findSame: prepare(findSame),
    insertTransaction: prepare(insertTransaction),
    insertPosting: prepare(insertPosting),
    updateUser: prepare(updateUser),
    lockHead: prepare(lockHead),
    insertEvent: prepare(insertEvent),
    updateHead: prepare(updateHead),
  };
  const once = database.transaction((user: number, number: number, key: string) => {
    const values = valuesOf(user, number);
    const { userId, id, postingId, amount, requestHash } = values;
    const now = values.now.getTime();
    const { version } = prepared.lockUser.get(userId) as { version: number };
    const known = prepared.findKey.get(userId, key);
    prepared.facts.get(userId, now - 30 * DAY_MS, now - DAY_MS / 2);
    prepared.findSame.get(userId, now - 300_000, 'PURCHASE', amount, 'MYR', 'Kopi Corner');
    prepared.insertTransaction.run(
      id,
      userId,
      'PURCHASE',
      amount,
      'MYR',
      'Kopi Corner',
      'food_and_drink',
      key,
      requestHash,
      now,
    );
    prepared.insertPosting.run(postingId, id, userId, amount, 'MYR', `wallet:${userId}`, now);
    prepared.updateUser.run(userId, amount, now);
    const head = prepared.lockHead.get() as { position: number; hash: string };
    const { payload, hash } = eventOf(head.hash, values);
    prepared.insertEvent.run(head.position + 1, userId, version + 1, id, now, payload, hash);
    prepared.updateHead.run(head.position + 1, hash);
    return known === undefined;
  });
  const attempt: Attempt = async (user, number, key) => {
    const done = once.immediate(user, number, key);
    // Without a pause the caller's loop would never let the clock of the others run.
    await new Promise((resolve) => setImmediate(resolve));
    return done;
  };
  return {
    attempts: Array.from({ length: callers }, () => attempt),
    close: async () => void database.close(),
  };
}
