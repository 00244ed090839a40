import { Migration } from '@mikro-orm/migrations';

/** API keys, by their digests; the actions in the log. */
export class ApiKeysMigration extends Migration {
  override up(): void {
    this.addSql(`
      create table "api_keys" (
        "id" uuid not null,
        "name" varchar(100) not null,
        "scopes" text not null,
        "hash" varchar(64) not null,
        "previous_hash" varchar(64) null,
        "previous_expires_at" timestamptz(3) null,
        "expires_at" timestamptz(3) null,
        "revoked_at" timestamptz(3) null,
        "last_used_at" timestamptz(3) null,
        "created_by" varchar(128) not null,
        "created_at" timestamptz(3) not null,
        "updated_at" timestamptz(3) not null,
        primary key ("id")
      )
    `);
    this.addSql(`alter table "api_keys" add constraint "api_keys_hash_unique" unique ("hash")`);
    this.addSql(
      `create index "events_action_index" on "events" ("position") where type <> 'TRANSACTION_CREATED'`,
    );
  }

  override down(): void {
    this.addSql('drop index events_action_index');
    this.addSql('drop table api_keys');
  }
}
