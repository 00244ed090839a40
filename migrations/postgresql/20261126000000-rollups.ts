import { Migration } from '@mikro-orm/migrations';

/** Daily sums that follow the event log, and how far they have come. */
export class RollupsMigration extends Migration {
  override up(): void {
    this.addSql(`
      create table "rollups" (
        "measure" varchar(32) not null,
        "day" varchar(10) not null,
        "label" varchar(100) not null,
        "count" bigint not null,
        "amount" bigint not null,
        primary key ("measure", "day", "label")
      )
    `);
    this.addSql(`
      create table "rollup_head" (
        "id" int not null,
        "position" bigint not null,
        "time_zone" varchar(64) null,
        primary key ("id")
      )
    `);
    this.addSql(`insert into rollup_head (id, position) values (1, 0)`);
  }

  override down(): void {
    this.addSql('drop table rollup_head');
    this.addSql('drop table rollups');
  }
}
