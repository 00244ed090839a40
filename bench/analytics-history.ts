import type { EntityManager, MikroORM } from '@mikro-orm/core';
import { dialectOf, query } from '../src/db/dialect.js';
import { contributionsOf } from '../src/rollups/contributions.js';
import { selectTallies, type TallyRow, tallyOf } from '../src/rollups/read-edge.js';
import { Rollup } from '../src/rollups/rollup.js';
import { Sums } from '../src/rollups/sums.js';

export const TIME_ZONE = 'Asia/Kuala_Lumpur';
/** Two years, in which transactions come evenly. */
export const BEGINNING = new Date('2024-01-01T00:00:00+08:00');
export const DAYS = 731;
export const END = new Date(BEGINNING.getTime() + DAYS * 86_400_000);
const TRANSACTIONS_PER_USER = 1_000;
const CHUNK = 250_000;
const INSERT_CHUNK = 2_000;

/** What the two databases say differently when rows are made of a running number. */
const sqls = {
  sqlite: {
    numbers: 'with recursive n (i) as (values (?) union all select i + 1 from n where i + 1 < ?)',
    from: 'n',
    id: (i: string) => `printf('00000000-0000-7000-8000-%012x', ${i})`,
    at: (ms: string) => ms,
    day: `strftime('%Y-%m-%d', t.created_at / 1000 + 28800, 'unixepoch')`,
  },
  postgresql: {
    numbers: 'with n (i) as (select generate_series(cast(? as bigint), cast(? as bigint) - 1))',
    from: 'n',
    id: (i: string) => `cast('00000000-0000-7000-8000-' || lpad(to_hex(${i}), 12, '0') as uuid)`,
    at: (ms: string) => `to_timestamp((${ms}) / 1000.0)`,
    day: `to_char(t.created_at at time zone '${TIME_ZONE}', 'YYYY-MM-DD')`,
  },
} as const;

export function usersOf(size: number): number {
  return Math.ceil(size / TRANSACTIONS_PER_USER);
}

export function dayOfSql(em: EntityManager): string {
  return sqls[dialectOf(em).name].day;
}

/**
 * A history made by the database itself: mostly purchases in twelve categories; of each user's every twenty
 * transactions a top-up, a withdrawal and a refund; one of a hundred reversed or failed; one of fifty held and reviewed,
 * one of a thousand waiting. Rollups are filled from it by the server's own function, without an event log.
 */
export async function makeHistory(orm: MikroORM, size: number): Promise<void> {
  const em = orm.em.fork();
  const users = usersOf(size);
  const { numbers, from, at } = sqls[dialectOf(em).name];
  await query(
    em,
    `insert into users (id, email, email_key, full_name, currency, time_zone, status, posted, held, version, created_at, updated_at)
     ${numbers} select 'user-' || i, i || '@example.com', i || '@example.com', 'Bench', 'MYR', '${TIME_ZONE}', 'ACTIVE',
       0, 0, 1, ${at('0')}, ${at('0')} from ${from}`,
    [0, users],
  );
  for (let first = 0; first < size; first += CHUNK) {
    await query(em, insertTransactions(em, size, users), [first, Math.min(first + CHUNK, size)]);
  }
  await query(em, dialectOf(em).name === 'sqlite' ? 'analyze' : 'vacuum analyze', []);
  await fillRollups(em);
}

function insertTransactions(em: EntityManager, size: number, users: number): string {
  const { numbers, from, id, at } = sqls[dialectOf(em).name];
  const stepMs = (DAYS * 86_400_000) / size;
  const amount = (i: string) => `(100 + (${i}) * 7919 % 20000)`;
  const refund = `(turn = 7 and i >= ${users})`;
  const base = `case when ${refund} then -(${amount(`i - ${users}`)} / 2) else ${amount('i')} end`;
  return `insert into transactions (id, user_id, type, status, amount, currency, wallet_amount, wallet_currency, base_amount,
      rate, wallet_rate, merchant_name, merchant_category, fraud_score, fraud_flags, fraud_hits, original_id,
      refunded_amount, refunded_wallet_amount, refunded_base_amount, review_decision, reviewer, reviewed_at,
      idempotency_key, request_hash, created_at, updated_at)
    ${numbers},
    numbered as (select i, (i / ${users}) % 20 as turn, i * 2654435761 % 1000 as chance,
      cast(${BEGINNING.getTime()} + i * ${stepMs} as bigint) as made from ${from}),
    typed as (select *, case when turn = 0 then 'TOP_UP' when turn = 1 then 'WITHDRAWAL'
        when ${refund} then 'REFUND' else 'PURCHASE' end as type,
      case when ${refund} or turn = 6 then 0 when chance < 900 then 0 when chance < 960 then 20
        when chance < 980 then 40 when chance < 995 then 60 else 80 end as score from numbered)
    select ${id('i')}, 'user-' || (i % ${users}), type,
      case when score >= 60 then case when chance = 999 then 'PENDING' when chance % 3 = 0 then 'FAILED' else 'COMPLETED' end
        when turn in (6, 7) then 'COMPLETED' when chance % 200 = 1 then 'FAILED' when chance % 200 = 2 then 'REVERSED'
        else 'COMPLETED' end,
      ${base}, 'MYR', ${base}, 'MYR', ${base}, '1', '1', 'Merchant ' || (i % 500),
      'category_' || ((case when ${refund} then i - ${users} else i end) * 31 % 12), score,
      case score when 0 then '' when 20 then '|OFF_HOURS|' when 40 then '|HIGH_VALUE|OFF_HOURS|'
        when 60 then '|HIGH_VELOCITY|UNUSUAL_AMOUNT|OFF_HOURS|' else '|HIGH_VELOCITY|SUSPICIOUS_VELOCITY|HIGH_VALUE|OFF_HOURS|' end,
      '[]', case when ${refund} then ${id(`i - ${users}`)} end,
      case when turn = 6 then ${amount('i')} / 2 else 0 end, case when turn = 6 then ${amount('i')} / 2 else 0 end,
      case when turn = 6 then ${amount('i')} / 2 else 0 end,
      case when score >= 60 and chance <> 999 then case when chance % 3 = 0 then 'REJECT' else 'APPROVE' end end,
      case when score >= 60 and chance <> 999 then 'analyst' end,
      case when score >= 60 and chance <> 999 then ${at('made + (i * 7919 % 3600) * 1000')} end,
      'key-' || i, '${'0'.repeat(64)}', ${at('made')}, ${at('made')} from typed`;
}

async function fillRollups(em: EntityManager): Promise<void> {
  const sums = new Sums();
  const month = 31 * 86_400_000;
  for (let from = BEGINNING.getTime(); from < END.getTime(); from += month) {
    const rows = await query<TallyRow & { readonly day: string }>(
      em,
      selectTallies(em, 't.created_at >= ? and t.created_at < ?', dayOfSql(em)),
      [new Date(from), new Date(from + month)],
    );
    for (const row of rows) sums.add(contributionsOf(tallyOf(row, row.day)));
  }
  const all = sums.list();
  for (let first = 0; first < all.length; first += INSERT_CHUNK) {
    await em.insertMany(Rollup, all.slice(first, first + INSERT_CHUNK) as never);
  }
  if (dialectOf(em).name === 'postgresql') await query(em, 'vacuum analyze rollups', []);
}
