import { Migration } from '@mikro-orm/migrations';

/**
 * Users, transactions, postings and the event log with its head. A constraint stands on the line of what precedes it:
 * that is how MikroORM reads it back.
 */
export class InitialMigration extends Migration {
  override up(): void {
    this.addSql(`
      create table "events" (
        "position" bigint not null primary key,
        "user_id" text not null,
        "version" integer not null,
        "type" text not null,
        "transaction_id" text null,
        "occurred_at" datetime not null,
        "payload" text not null,
        "hash" text not null
      )
    `);
    this.addSql(
      `create index "events_user_occurred_index" on "events" ("user_id", "occurred_at", "position")`,
    );
    this.addSql(`
      create table "event_log_head" (
        "id" integer not null primary key,
        "position" bigint not null,
        "hash" text not null,
        "base_currency" text null
      )
    `);
    this.addSql(`
      create table "users" (
        "id" text not null primary key,
        "email" text not null,
        "email_key" text not null,
        "full_name" text not null,
        "currency" text not null,
        "time_zone" text not null,
        "status" text not null,
        "posted" bigint not null,
        "held" bigint not null,
        "version" integer not null,
        "created_at" datetime not null,
        "updated_at" datetime not null, constraint "users_balance_check" check (held >= 0 and posted >= held)
      )
    `);
    this.addSql(`create unique index "users_email_key_unique" on "users" ("email_key")`);
    this.addSql(`
      create table "transactions" (
        "id" text not null primary key,
        "user_id" text not null,
        "type" text not null,
        "status" text not null,
        "amount" bigint not null,
        "currency" text not null,
        "wallet_amount" bigint not null,
        "wallet_currency" text not null,
        "base_amount" bigint not null,
        "rate" text not null,
        "wallet_rate" text not null,
        "merchant_name" text null,
        "merchant_category" text null,
        "metadata" text null,
        "fraud_score" integer not null,
        "fraud_flags" text not null,
        "fraud_hits" text null,
        "failure" text null,
        "original_id" text null,
        "refunded_amount" bigint not null,
        "refunded_wallet_amount" bigint not null,
        "refunded_base_amount" bigint not null,
        "review_decision" text null,
        "review_note" text null,
        "reviewer" text null,
        "reviewed_at" datetime null,
        "reversal_reason" text null,
        "reversal_key" text null,
        "reversal_hash" text null,
        "reversed_by" text null,
        "reversed_at" datetime null,
        "reason" text null,
        "idempotency_key" text not null,
        "request_hash" text not null,
        "created_at" datetime not null,
        "updated_at" datetime not null, constraint "transactions_user_id_foreign" foreign key ("user_id") references "users" ("id")
      )
    `);
    this.addSql(
      `create index "transactions_user_created_index" on "transactions" ("user_id", "created_at", "id")`,
    );
    this.addSql(`create index "transactions_created_index" on "transactions" ("created_at", "id")`);
    this.addSql(`create index "transactions_original_index" on "transactions" ("original_id")`);
    this.addSql(
      `create unique index "transactions_idempotency_key_unique" on "transactions" ("user_id", "idempotency_key")`,
    );
    this.addSql(
      `create unique index "transactions_reversal_key_unique" on "transactions" ("user_id", "reversal_key")`,
    );
    this.addSql(`
      create table "postings" (
        "id" text not null primary key,
        "transaction_id" text not null,
        "user_id" text not null,
        "amount" bigint not null,
        "currency" text not null,
        "source" text not null,
        "destination" text not null,
        "created_at" datetime not null, constraint "postings_transaction_id_foreign" foreign key ("transaction_id") references "transactions" ("id"), constraint "postings_amount_check" check (amount > 0)
      )
    `);
    this.addSql(`create index "postings_transaction_index" on "postings" ("transaction_id")`);
    this.addSql(`create index "postings_user_index" on "postings" ("user_id", "created_at")`);
    this.addSql(
      `insert into event_log_head (id, position, hash) values (1, 0, '0000000000000000000000000000000000000000000000000000000000000000')`,
    );
  }

  override down(): void {
    this.addSql('drop table event_log_head');
    this.addSql('drop table events');
    this.addSql('drop table postings');
    this.addSql('drop table transactions');
    this.addSql('drop table users');
  }
}
