import { Migration } from '@mikro-orm/migrations';

/** Lets a stream that resumes read one user's events by position. */
export class EventStreamsMigration extends Migration {
  override up(): void {
    this.addSql(`create index "events_user_position_index" on "events" ("user_id", "position")`);
  }

  override down(): void {
    this.addSql('drop index "events_user_position_index"');
  }
}
