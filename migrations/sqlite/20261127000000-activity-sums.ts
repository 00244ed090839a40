import { Migration } from '@mikro-orm/migrations';

/** What each user's recent activity adds up to, made by the next command; an index by amount; none for what has no value. */
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
    this.addSql('drop index "transactions_reversal_key_unique"');
    this.addSql(
      'create unique index "transactions_reversal_key_unique" on "transactions" ("user_id", "reversal_key") where reversal_key is not null',
    );
    this.addSql('drop index "transactions_original_index"');
    this.addSql(
      'create index "transactions_original_index" on "transactions" ("original_id") where original_id is not null',
    );
  }

  override down(): void {
    this.addSql('drop index "transactions_original_index"');
    this.addSql('create index "transactions_original_index" on "transactions" ("original_id")');
    this.addSql('drop index "transactions_reversal_key_unique"');
    this.addSql(
      'create unique index "transactions_reversal_key_unique" on "transactions" ("user_id", "reversal_key")',
    );
    this.addSql('drop index "transactions_user_amount_index"');
    this.addSql('drop table activity_sums');
  }
}
