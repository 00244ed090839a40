import { Migration } from '@mikro-orm/migrations';

/**
 * What was counted for rate limits, as `rate-limiter-flexible` has it. Unlogged: a count is not worth a flush to disk, and
 * after a crash it begins anew.
 */
export class RateLimitsMigration extends Migration {
  override up(): void {
    this.addSql(`
      create unlogged table "rate_limits" (
        "key" text not null,
        "points" integer not null default 0,
        "expire" bigint null,
        primary key ("key")
      )
    `);
  }

  override down(): void {
    this.addSql('drop table rate_limits');
  }
}
