import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { MikroORM } from '@mikro-orm/core';
import { connect } from '../../src/database.js';
import { databases, type TestDatabase } from '../support/databases.js';
import { exporting, insertMany } from '../support/export.js';
import { copyProgram, type Program, type ServerProcess } from '../support/processes.js';

const MIB = 1024;
const ROWS = 50_000;
/** What 50,000 rows would take at once is many times as much. */
const GROWTH_MAX = 48 * MIB;

/** The most memory that a process has ever had, in KiB. */
function peakOf({ pid }: ServerProcess): number {
  return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
}

describe.each(databases)('the memory of an export on $name', (kind) => {
  let program: Program;
  let database: TestDatabase;
  let orm: MikroORM;
  let server: ServerProcess;
  beforeAll(async () => {
    program = await copyProgram();
    database = await kind.create();
    // A small heap, so that nothing is kept only because there is room for it.
    server = await program.start(database, {
      NODE_OPTIONS: '--max-old-space-size=96 --max-semi-space-size=4',
    });
    orm = await connect({ databaseUrl: database.url, databasePoolMax: 2 });
    const input = { id: 'alice', email: 'alice@example.com', fullName: 'Alice Tan', currency: 'MYR' };
    await server.request('mutation($input: CreateUserInput!) { createUser(input: $input) { user { id } } }', {
      input,
    });
    await insertMany({ orm }, 'alice', ROWS);
  });
  afterAll(async () => {
    await orm.close();
    await program.dispose();
    await database.drop();
  });

  /** Reads a whole export, and keeps none of it. */
  const count = async (what: string): Promise<number> => {
    let lines = 0;
    for await (const piece of (await exporting(server.url, what))
      .body as unknown as AsyncIterable<Uint8Array>) {
      for (const byte of piece) if (byte === 10) lines += 1;
    }
    return lines;
  };

  it('does not grow with its rows', async () => {
    // As many rows as make the heap as large as it is going to be.
    expect(await count('csv?to=2025-01-01T05:00:00Z')).toBe(18_001);
    const before = peakOf(server);
    expect(await count('csv')).toBe(ROWS + 1);
    expect(await count('jsonl?userId=alice')).toBe(ROWS);
    expect(peakOf(server) - before).toBeLessThan(GROWTH_MAX);
    expect(server.faults()).toEqual([]);
  });
});
