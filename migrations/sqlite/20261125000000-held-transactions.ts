import { Migration } from '@mikro-orm/migrations';

/** What is held, oldest first: an index of as many entries as wait for a review. */
export class HeldTransactionsMigration extends Migration {
  override up(): void {
    this.addSql(
      `create index "transactions_held_index" on "transactions" ("created_at") where status = 'PENDING'`,
    );
  }

  override down(): void {
    this.addSql('drop index "transactions_held_index"');
  }
}
