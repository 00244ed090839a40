import { Migration } from '@mikro-orm/migrations';

/** API keys, by their digests; the actions in the log. */
export class ApiKeysMigration extends Migration {
  override up(): void {
    this.addSql(`
      create table "api_keys" (
        "id" text not null primary key,
        "name" text not null,
        "scopes" text not null,
        "hash" text not null,
        "previous_hash" text null,
        "previous_expires_at" datetime null,
        "expires_at" datetime null,
        "revoked_at" datetime null,
        "last_used_at" datetime null,
        "created_by" text not null,
        "created_at" datetime not null,
        "updated_at" datetime not null
      )
    `);
    this.addSql('create unique index "api_keys_hash_unique" on "api_keys" ("hash")');
    this.addSql(
      `create index "events_action_index" on "events" ("position") where type <> 'TRANSACTION_CREATED'`,
    );
  }

  override down(): void {
    this.addSql('drop index events_action_index');
    this.addSql('drop table api_keys');
  }
}
