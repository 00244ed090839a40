import type { MikroORM } from '@mikro-orm/core';
import { fleetSpending } from '../src/analytics/fleet-spending.js';
import { fraudStatistics } from '../src/analytics/fraud-statistics.js';
import { byCategory, findSpending } from '../src/analytics/spending.js';
import { dialectOf, query } from '../src/db/dialect.js';
import { rules } from '../src/fraud/rules/index.js';
import type { Settings } from '../src/operations/settings.js';
import { listTransactions } from '../src/queries/list-transactions.js';
import { BEGINNING, dayOfSql, END, usersOf } from './analytics-history.js';

export interface Question {
  readonly name: string;
  readonly ours: () => Promise<unknown>;
  /** The same as anybody would ask it of the table of transactions. */
  readonly raw: () => Promise<unknown>;
}

const daysBefore = (days: number) => new Date(END.getTime() - days * 86_400_000);

/** The aims' four questions; whoever asks for a user asks for another one each time. */
export function questionsOf(orm: MikroORM, size: number, settings: Settings): Question[] {
  let asked = 0;
  const nextUser = () => {
    asked += 1;
    return `user-${(asked * 7919) % usersOf(size)}`;
  };
  const day = dayOfSql(orm.em);
  const { millis } = dialectOf(orm.em);
  const sql = (text: string, values: unknown[]) => query(orm.em.fork(), text, values);
  const year = [daysBefore(365), END] as const;
  const twoYears = [BEGINNING, END] as const;
  const quarter = [daysBefore(90), END] as const;
  const spent = `t.status = 'COMPLETED' and (t.type = 'PURCHASE' or t.type = 'REFUND' and o.status <> 'REVERSED')`;
  const inRange = `type <> 'REFUND' and created_at >= ? and created_at < ?`;
  const flags = rules.map(({ flag }) => flag);
  const has = (flag: string) => `fraud_flags like '%|${flag}|%'`;
  const pairs = flags.flatMap((flag, index) => flags.slice(index + 1).map((other) => [flag, other] as const));
  const count = (condition: string) => `count(*) filter (where ${condition})`;
  const outcomes = [
    "(status = 'PENDING' or review_decision is not null)",
    "review_decision = 'APPROVE'",
    "review_decision = 'REJECT'",
  ];
  const fraudSql = [
    `select ${day} as day, count(*), ${count("fraud_flags <> ''")}, ${outcomes.map(count).join(', ')},
       sum(base_amount) filter (where review_decision = 'REJECT'),
       sum(refunded_base_amount) filter (where fraud_flags <> '') from transactions t where ${inRange} group by 1`,
    `select fraud_score, count(*) from transactions where ${inRange} group by 1`,
    `select ${flags.flatMap((flag) => ['true', ...outcomes].map((one) => count(`${has(flag)} and ${one}`))).join(', ')}
     from transactions where ${inRange}`,
    `select ${pairs.map(([one, other]) => count(`${has(one)} and ${has(other)}`)).join(', ')}
     from transactions where ${inRange}`,
    `select (${millis('reviewed_at')} - ${millis('created_at')}) / 1000 as seconds, count(*) from transactions
     where ${inRange} and reviewed_at is not null group by 1 order by 1`,
  ];
  return [
    {
      name: "one user's year",
      ours: async () => {
        const user = { id: nextUser(), timeZone: 'Asia/Kuala_Lumpur' };
        return byCategory(await findSpending(orm.em, user, { from: year[0], to: year[1] }));
      },
      raw: () =>
        sql(
          `select t.merchant_category, sum(t.base_amount), count(*) from transactions t
           left join transactions o on o.id = t.original_id
           where t.user_id = ? and t.created_at >= ? and t.created_at < ? and ${spent} group by 1`,
          [nextUser(), ...year],
        ),
    },
    {
      name: 'fleet, two years by day and category',
      ours: () => fleetSpending(orm, END, { from: twoYears[0], to: twoYears[1] }, 'DAY'),
      raw: () =>
        sql(
          `select ${day} as day, t.merchant_category, sum(t.base_amount), count(*) from transactions t
           left join transactions o on o.id = t.original_id
           where t.created_at >= ? and t.created_at < ? and ${spent} group by 1, 2 order by 1, 2`,
          [...twoYears],
        ),
    },
    {
      name: 'fraud statistics of 90 days',
      ours: () => fraudStatistics(orm, END, { from: quarter[0], to: quarter[1] }, 'DAY', settings.fraud),
      raw: async () => {
        for (const text of fraudSql) await sql(text, [...quarter]);
        await sql(
          `select count(*), sum(base_amount), min(created_at) from transactions where status = 'PENDING'`,
          [],
        );
      },
    },
    {
      name: 'a page of 50, filtered',
      ours: () =>
        listTransactions(
          orm.em,
          { status: ['COMPLETED'], merchantCategory: ['category_3'], baseAmount: { gte: 5_000n } },
          { field: 'createdAt', descending: true, count: 50, fromEnd: false },
        ),
      raw: () =>
        sql(
          `select * from transactions where status = 'COMPLETED' and merchant_category = 'category_3'
             and base_amount >= 5000 order by created_at desc, id desc limit 51`,
          [],
        ),
    },
  ];
}
