import { Migration } from '@mikro-orm/migrations';

/** Lets what waits for a review be found without reading what does not. */
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
