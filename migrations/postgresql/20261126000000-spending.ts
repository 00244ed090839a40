import { Migration } from '@mikro-orm/migrations';

/** Lets a user's spending be answered from the index that lists the user's transactions. */
export class SpendingMigration extends Migration {
  override up(): void {
    this.addSql('drop index "transactions_user_created_index"');
    this.addSql(
      `create index "transactions_user_created_index" on "transactions" ("user_id", "created_at", "id", "type", "status", "base_amount", "merchant_category", "merchant_name", "original_id")`,
    );
  }

  override down(): void {
    this.addSql('drop index "transactions_user_created_index"');
    this.addSql(
      `create index "transactions_user_created_index" on "transactions" ("user_id", "created_at", "id")`,
    );
  }
}
