import { readdirSync, readFileSync } from 'node:fs';
import pg from 'pg';

/** What a process or the database has used so far; the difference of two is what a measurement cost. */
export interface Usage {
  readonly serverSeconds: number;
  readonly databaseSeconds: number;
  readonly bytesWritten: number;
  readonly position: number;
}

/** Linux counts processor time in hundredths of a second. */
const TICKS_PER_SECOND = 100;

interface Stat {
  readonly parent: number;
  readonly seconds: number;
  /** Of the children that have ended. */
  readonly endedChildren: number;
}

function readStat(pid: number): Stat | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name, in parentheses, may hold spaces: what follows it does not.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const seconds = (first: number) => (Number(fields[first]) + Number(fields[first + 1])) / TICKS_PER_SECOND;
    return { parent: Number(fields[1]), seconds: seconds(11), endedChildren: seconds(13) };
  } catch {
    return undefined;
  }
}

/** Processor seconds of one process. */
export function secondsOf(pid: number): number {
  return readStat(pid)?.seconds ?? 0;
}

/** Processor seconds of a process and all its children. */
function secondsOfFamily(parent: number): number {
  const children = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => readStat(Number(name)))
    .filter((stat) => stat?.parent === parent);
  const own = readStat(parent);
  return children.reduce(
    (sum, stat) => sum + (stat?.seconds ?? 0),
    (own?.seconds ?? 0) + (own?.endedChildren ?? 0),
  );
}

/** Bytes that a process has caused to be written to storage. */
function bytesWrittenBy(pid: number): number {
  const [, bytes] = /^write_bytes: (\d+)$/m.exec(readFileSync(`/proc/${pid}/io`, 'utf8')) ?? [];
  return Number(bytes);
}

export function residentBytes(pid: number): number {
  const [, kib] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kib) * 1024;
}

/** Reads usage of whoever does the work and of PostgreSQL, in the database at `url`. */
export async function openPostgresUsage(url: string) {
  const client = new pg.Client({ connectionString: url });
  // When the database ends first, what went wrong before is what is to be told.
  client.on('error', () => undefined);
  await client.connect();
  const { rows } = await client.query(
    "select split_part(pg_read_file('postmaster.pid'), e'\\n', 1)::int as pid",
  );
  const postmaster = (rows[0] as { pid: number }).pid;
  return {
    read: async (pid: number): Promise<Usage> => {
      const read = await client.query<{ bytes: string; position: string }>(
        "select pg_current_wal_lsn() - '0/0'::pg_lsn as bytes, position from event_log_head",
      );
      const [row] = read.rows;
      return {
        serverSeconds: secondsOf(pid),
        databaseSeconds: secondsOfFamily(postmaster),
        bytesWritten: Number(row?.bytes),
        position: Number(row?.position),
      };
    },
    /** Commands per database transaction, from an event on: all events of a batch carry its transaction's number. */
    batchSize: async (position: number): Promise<number> => {
      const { rows } = await client.query<{ size: string | null }>(
        'select count(*)::numeric / nullif(count(distinct xmin::text), 0) as size from events where position > $1',
        [position],
      );
      return Number(rows[0]?.size ?? 0);
    },
    run: async (sql: string): Promise<void> => void (await client.query(sql)),
    close: () => client.end(),
  };
}

export type PostgresUsage = Awaited<ReturnType<typeof openPostgresUsage>>;

/** SQLite is a part of whoever uses it. */
export function readProcessUsage(pid: number): Usage {
  return {
    serverSeconds: secondsOf(pid),
    databaseSeconds: 0,
    bytesWritten: bytesWrittenBy(pid),
    position: 0,
  };
}
