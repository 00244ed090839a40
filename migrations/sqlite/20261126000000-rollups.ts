import { Migration } from '@mikro-orm/migrations';

/** Daily sums that follow the event log, and how far they have come. */
export class RollupsMigration extends Migration {
  override up(): void {
    this.addSql(`
      create table "rollups" (
        "measure" text not null,
        "day" text not null,
        "label" text not null,
        "count" bigint not null,
        "amount" bigint not null,
        primary key ("measure", "day", "label")
      )
    `);
    this.addSql(`
      create table "rollup_head" (
        "id" integer not null primary key,
        "position" bigint not null,
        "time_zone" text null
      )
    `);
    this.addSql(`insert into rollup_head (id, position) values (1, 0)`);
  }

  override down(): void {
    this.addSql('drop table rollup_head');
    this.addSql('drop table rollups');
  }
}
