import { Migration } from '@mikro-orm/migrations';

/** Webhook endpoints and deliveries; events about no user. */
export class WebhooksMigration extends Migration {
  override up(): void {
    this.addSql(`alter table "events" alter column "user_id" drop not null`);
    this.addSql(`
      create table "webhook_endpoints" (
        "id" uuid not null,
        "url" varchar(2048) not null,
        "description" varchar(500) null,
        "event_types" text not null,
        "status" varchar(16) not null,
        "paused_reason" varchar(16) null,
        "secret" varchar(64) not null,
        "previous_secret" varchar(64) null,
        "previous_secret_expires_at" timestamptz(3) null,
        "read_position" bigint not null,
        "created_at" timestamptz(3) not null,
        "updated_at" timestamptz(3) not null,
        primary key ("id")
      )
    `);
    this.addSql(`
      create table "webhook_deliveries" (
        "id" uuid not null,
        "endpoint_id" uuid not null,
        "position" bigint null,
        "order_key" varchar(36) null,
        "event_type" varchar(64) not null,
        "body" text not null,
        "status" varchar(16) not null,
        "attempt_count" int not null,
        "due_at" timestamptz(3) null,
        "first_attempt_at" timestamptz(3) null,
        "delivered_at" timestamptz(3) null,
        "recent_attempts" text not null,
        "last_response" text null,
        "created_at" timestamptz(3) not null,
        "updated_at" timestamptz(3) not null,
        primary key ("id")
      )
    `);
    this.addSql(
      `alter table "webhook_deliveries" add constraint "webhook_deliveries_position_unique" unique ("endpoint_id", "position")`,
    );
    this.addSql(
      `create index "webhook_deliveries_due_index" on "webhook_deliveries" ("endpoint_id", "due_at")`,
    );
    this.addSql(
      `create index "webhook_deliveries_endpoint_index" on "webhook_deliveries" ("endpoint_id", "id")`,
    );
    this.addSql(`create index "webhook_deliveries_delivered_index" on "webhook_deliveries" ("delivered_at")`);
    this.addSql(
      `alter table "webhook_deliveries" add constraint "webhook_deliveries_endpoint_id_foreign" foreign key ("endpoint_id") references "webhook_endpoints" ("id") on delete cascade`,
    );
  }

  /** Fails when there are events about no user: the log is never cut. */
  override down(): void {
    this.addSql('drop table webhook_deliveries');
    this.addSql('drop table webhook_endpoints');
    this.addSql(`alter table "events" alter column "user_id" set not null`);
  }
}
