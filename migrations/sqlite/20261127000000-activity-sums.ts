import { Migration } from '@mikro-orm/migrations';

/** Running sums of recent activity, made by each user's next command; finds transactions of one amount. */
export class ActivitySumsMigration extends Migration {
  override up(): void {
    this.addSql(`
      create table "activity_sums" (
        "user_id" text not null primary key,
        "history_since" datetime not null,
        "debit_count" bigint not null,
        "debit_total" bigint not null,
        "credit_count" bigint not null,
        "credit_total" bigint not null,
        "day_start" datetime not null,
        "spent_today" bigint not null,
        "newest" text not null,
        "newest_count" integer not null
      )
    `);
    this.addSql(
      `create index "transactions_user_amount_index" on "transactions" ("user_id", "amount", "created_at")`,
    );
  }

  override down(): void {
    this.addSql('drop index "transactions_user_amount_index"');
    this.addSql('drop table activity_sums');
  }
}
