import { Migration } from '@mikro-orm/migrations';

/** Users, transactions, postings and the event log with its head. */
export class InitialMigration extends Migration {
  override up(): void {
    this.addSql(`
      create table "events" (
        "position" bigint not null,
        "user_id" varchar(36) not null,
        "version" int not null,
        "type" varchar(32) not null,
        "transaction_id" uuid null,
        "occurred_at" timestamptz(3) not null,
        "payload" text not null,
        "hash" varchar(64) not null,
        primary key ("position")
      )
    `);
    this.addSql(
      `create index "events_user_occurred_index" on "events" ("user_id", "occurred_at", "position")`,
    );
    this.addSql(`
      create table "event_log_head" (
        "id" int not null,
        "position" bigint not null,
        "hash" varchar(64) not null,
        "base_currency" varchar(3) null,
        primary key ("id")
      )
    `);
    this.addSql(`
      create table "users" (
        "id" varchar(36) not null,
        "email" varchar(254) not null,
        "email_key" varchar(254) not null,
        "full_name" varchar(255) not null,
        "currency" varchar(3) not null,
        "time_zone" varchar(64) not null,
        "status" varchar(16) not null,
        "posted" bigint not null,
        "held" bigint not null,
        "version" int not null,
        "created_at" timestamptz(3) not null,
        "updated_at" timestamptz(3) not null,
        primary key ("id")
      )
    `);
    this.addSql(`alter table "users" add constraint "users_email_key_unique" unique ("email_key")`);
    this.addSql(
      `alter table "users" add constraint "users_balance_check" check (held >= 0 and posted >= held)`,
    );
    this.addSql(`
      create table "transactions" (
        "id" uuid not null,
        "user_id" varchar(36) not null,
        "type" varchar(16) not null,
        "status" varchar(16) not null,
        "amount" bigint not null,
        "currency" varchar(3) not null,
        "wallet_amount" bigint not null,
        "wallet_currency" varchar(3) not null,
        "base_amount" bigint not null,
        "rate" varchar(32) not null,
        "wallet_rate" varchar(32) not null,
        "merchant_name" varchar(255) null,
        "merchant_category" varchar(50) null,
        "metadata" text null,
        "fraud_score" int not null,
        "fraud_flags" text not null,
        "fraud_hits" text null,
        "failure" text null,
        "original_id" uuid null,
        "refunded_amount" bigint not null,
        "refunded_wallet_amount" bigint not null,
        "refunded_base_amount" bigint not null,
        "review_decision" varchar(16) null,
        "review_note" varchar(500) null,
        "reviewer" varchar(128) null,
        "reviewed_at" timestamptz(3) null,
        "reversal_reason" varchar(500) null,
        "reversal_key" varchar(128) null,
        "reversal_hash" varchar(64) null,
        "reversed_by" varchar(128) null,
        "reversed_at" timestamptz(3) null,
        "reason" varchar(500) null,
        "idempotency_key" varchar(128) not null,
        "request_hash" varchar(64) not null,
        "created_at" timestamptz(3) not null,
        "updated_at" timestamptz(3) not null,
        primary key ("id")
      )
    `);
    this.addSql(
      `create index "transactions_user_created_index" on "transactions" ("user_id", "created_at", "id")`,
    );
    this.addSql(`create index "transactions_created_index" on "transactions" ("created_at", "id")`);
    this.addSql(`create index "transactions_original_index" on "transactions" ("original_id")`);
    this.addSql(
      `alter table "transactions" add constraint "transactions_idempotency_key_unique" unique ("user_id", "idempotency_key")`,
    );
    this.addSql(
      `alter table "transactions" add constraint "transactions_reversal_key_unique" unique ("user_id", "reversal_key")`,
    );
    this.addSql(`
      create table "postings" (
        "id" uuid not null,
        "transaction_id" uuid not null,
        "user_id" varchar(36) not null,
        "amount" bigint not null,
        "currency" varchar(3) not null,
        "source" varchar(64) not null,
        "destination" varchar(64) not null,
        "created_at" timestamptz(3) not null,
        primary key ("id")
      )
    `);
    this.addSql(`create index "postings_transaction_index" on "postings" ("transaction_id")`);
    this.addSql(`create index "postings_user_index" on "postings" ("user_id", "created_at")`);
    this.addSql(`alter table "postings" add constraint "postings_amount_check" check (amount > 0)`);
    this.addSql(
      `alter table "transactions" add constraint "transactions_user_id_foreign" foreign key ("user_id") references "users" ("id")`,
    );
    this.addSql(
      `alter table "postings" add constraint "postings_transaction_id_foreign" foreign key ("transaction_id") references "transactions" ("id")`,
    );
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
