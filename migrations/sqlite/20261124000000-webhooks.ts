import { Migration } from '@mikro-orm/migrations';

/** Webhook endpoints and deliveries; events about no user. SQLite changes a column by copying its table. */
export class WebhooksMigration extends Migration {
  override up(): void {
    this.copyEvents('null');
    this.addSql(`
      create table "webhook_endpoints" (
        "id" text not null primary key,
        "url" text not null,
        "description" text null,
        "event_types" text not null,
        "status" text not null,
        "paused_reason" text null,
        "secret" text not null,
        "previous_secret" text null,
        "previous_secret_expires_at" datetime null,
        "read_position" bigint not null,
        "created_at" datetime not null,
        "updated_at" datetime not null
      )
    `);
    this.addSql(`
      create table "webhook_deliveries" (
        "id" text not null primary key,
        "endpoint_id" text not null,
        "position" bigint null,
        "order_key" text null,
        "event_type" text not null,
        "body" text not null,
        "status" text not null,
        "attempt_count" integer not null,
        "due_at" datetime null,
        "first_attempt_at" datetime null,
        "delivered_at" datetime null,
        "recent_attempts" text not null,
        "last_response" text null,
        "created_at" datetime not null,
        "updated_at" datetime not null, constraint "webhook_deliveries_endpoint_id_foreign" foreign key ("endpoint_id") references "webhook_endpoints" ("id") on delete cascade
      )
    `);
    this.addSql(
      `create unique index "webhook_deliveries_position_unique" on "webhook_deliveries" ("endpoint_id", "position")`,
    );
    this.addSql(
      `create index "webhook_deliveries_due_index" on "webhook_deliveries" ("endpoint_id", "due_at")`,
    );
    this.addSql(
      `create index "webhook_deliveries_endpoint_index" on "webhook_deliveries" ("endpoint_id", "id")`,
    );
    this.addSql(`create index "webhook_deliveries_delivered_index" on "webhook_deliveries" ("delivered_at")`);
  }

  /** Fails when there are events about no user: the log is never cut. */
  override down(): void {
    this.addSql('drop table webhook_deliveries');
    this.addSql('drop table webhook_endpoints');
    this.copyEvents('not null');
  }

  private copyEvents(userId: 'null' | 'not null'): void {
    this.addSql(`
      create table "events_copy" (
        "position" bigint not null primary key,
        "user_id" text ${userId},
        "version" integer not null,
        "type" text not null,
        "transaction_id" text null,
        "occurred_at" datetime not null,
        "payload" text not null,
        "hash" text not null
      )
    `);
    this.addSql('insert into events_copy select * from events order by position');
    this.addSql('drop table events');
    this.addSql('alter table events_copy rename to events');
    this.addSql(
      `create index "events_user_occurred_index" on "events" ("user_id", "occurred_at", "position")`,
    );
    this.addSql(`create index "events_user_position_index" on "events" ("user_id", "position")`);
  }
}
