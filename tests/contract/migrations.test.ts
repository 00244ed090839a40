import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { MikroORM } from '@mikro-orm/core';
import { connect, migrate } from '../../src/database.js';
import { databases, type TestDatabase } from '../support/databases.js';

describe.each(databases)('the migrations for $name', (kind) => {
  let database: TestDatabase;
  let orm: MikroORM;
  beforeAll(async () => {
    database = await kind.create();
    orm = await connect({ databaseUrl: database.url, databasePoolMax: 4 });
    await migrate(orm);
  });
  afterAll(async () => {
    await orm.close();
    await database.drop();
  });

  it('lead to exactly what the entities say', async () => {
    expect(await orm.schema.getUpdateSchemaSQL({ wrap: false })).toBe('');
  });

  it('would be told of a column that the entities have and they lack', async () => {
    await orm.em.fork().getConnection().execute('alter table users drop column full_name');
    expect(await orm.schema.getUpdateSchemaSQL({ wrap: false })).toContain('full_name');
  });

  it('undo themselves', async () => {
    await orm.migrator.down({ to: 0 });
    const before = await orm.schema.getCreateSchemaSQL({ wrap: false });
    expect(before).toContain('create table');
    expect(await orm.migrator.getExecuted()).toEqual([]);
  });
});
