import Database from 'better-sqlite3';
import pg from 'pg';

/** Who there is when a measurement begins, and what they did. */
export interface HistorySize {
  readonly users: number;
  /** Purchases of each user, spread evenly over so many days before now. */
  readonly each: number;
  readonly days: number;
}

export const HISTORY: HistorySize = { users: 10_000, each: 30, days: 29 };

export const userIdOf = (user: number): string => `bench-${user}`;

/** The id of a user's nth purchase. */
export function purchaseIdOf(user: number, n: number): string {
  return `${user.toString(16).padStart(8, '0')}-0000-7000-8000-${n.toString(16).padStart(12, '0')}`;
}

/** So much that no measurement spends it. */
const POSTED = '1000000000000000';

/** Some 1,000.00, and hardly ever the same. */
const amountOf = (user: string, n: string): string => `(90000 + (${user} * 31 + ${n} * 7919) % 20000)`;

const userColumns =
  'id, email, email_key, full_name, currency, time_zone, status, posted, held, version, created_at, updated_at';
const transactionColumns =
  'id, user_id, type, status, amount, currency, wallet_amount, wallet_currency, base_amount, rate, wallet_rate, merchant_name, merchant_category, fraud_score, fraud_flags, fraud_hits, refunded_amount, refunded_wallet_amount, refunded_base_amount, idempotency_key, request_hash, created_at, updated_at';
const postingColumns = 'id, transaction_id, user_id, amount, currency, source, destination, created_at';

/** Rows of one statement: what a table's indexes need of it stays in memory. */
const ROWS_AT_ONCE = 300_000;

/**
 * Makes users with a history, by statements alone. The log stays empty: what no command made has no event, and no command
 * reads them.
 */
export async function loadPostgres(
  url: string,
  { users, each, days }: HistorySize,
  first = 0,
): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  // When the database ends first, what went wrong before is what is to be told.
  client.on('error', () => undefined);
  await client.connect();
  await client.query('set synchronous_commit = off');
  // References that are right by the way they are made are not looked up one by one.
  await client.query('set session_replication_role = replica');
  const step = Math.ceil(ROWS_AT_ONCE / Math.max(each, 1));
  for (let from = first; from < first + users; from += step)
    await loadUsers(client, Math.min(step, first + users - from), each, days, from);
  await client.query('vacuum analyze');
  await client.end();
}

async function loadUsers(
  client: pg.Client,
  users: number,
  each: number,
  days: number,
  first: number,
): Promise<void> {
  const id = `(lpad(to_hex(u), 8, '0') || '-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid`;
  const madeAt = `date_trunc('milliseconds', now() - (${days} * n::float8 / ${Math.max(each, 1)} + 0.01) * interval '1 day')`;
  const amount = amountOf('u', 'n');
  const everyone = `generate_series(${first}, ${first + users - 1}) u`;
  await client.query(`
    insert into users (${userColumns})
    select 'bench-' || u, u || '@example.com', u || '@example.com', 'Bench', 'MYR', 'Asia/Kuala_Lumpur', 'ACTIVE',
      ${POSTED}, 0, 1, now() - interval '60 days', now() - interval '1 day' from ${everyone}`);
  await client.query(`
    with made as (
      insert into transactions (${transactionColumns})
      select ${id}, 'bench-' || u, 'PURCHASE', 'COMPLETED', ${amount}, 'MYR', ${amount}, 'MYR', ${amount}, '1', '1', 'Kopi', 'food', 0,
        '', '[]', 0, 0, 0, 'history-' || n, repeat('0', 64), ${madeAt}, ${madeAt}
      from ${everyone}, generate_series(0, ${each - 1}) n
      order by u, n
      returning id, user_id, amount, currency, created_at)
    insert into postings (${postingColumns})
    select id, id, user_id, amount, currency, 'wallet:' || user_id, 'merchants', created_at from made`);
}

export function loadSqlite(path: string, { users, each, days }: HistorySize): void {
  const database = new Database(path);
  const now = Date.now();
  const id = `printf('%08x-0000-7000-8000-%012x', u.value, n.value)`;
  const madeAt = `cast(${now} - (${days}.0 * n.value / ${each} + 0.01) * 86400000 as integer)`;
  const amount = amountOf('u.value', 'n.value');
  const series = (name: string, count: number) =>
    `(with recursive s(value) as (select 0 union all select value + 1 from s where value < ${count - 1}) select value from s) ${name}`;
  database.exec(`begin;
    insert into users (${userColumns})
    select 'bench-' || u.value, u.value || '@example.com', u.value || '@example.com', 'Bench', 'MYR', 'Asia/Kuala_Lumpur',
      'ACTIVE', ${POSTED}, 0, 1, ${now - 60 * 86_400_000}, ${now - 86_400_000} from ${series('u', users)};
    insert into transactions (${transactionColumns})
    select ${id}, 'bench-' || u.value, 'PURCHASE', 'COMPLETED', ${amount}, 'MYR', ${amount}, 'MYR', ${amount}, '1', '1', 'Kopi',
      'food', 0, '', '[]', 0, 0, 0, 'history-' || n.value, printf('%064d', 0), ${madeAt}, ${madeAt}
    from ${series('u', users)}, ${series('n', each)};
    insert into postings (${postingColumns})
    select id, id, user_id, amount, currency, 'wallet:' || user_id, 'merchants', created_at from transactions;
    commit; analyze;`);
  database.pragma('wal_checkpoint(truncate)');
  database.close();
}
