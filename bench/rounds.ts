import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Contender, Order } from './load.js';
import { itemsOf, type Operation } from './requests.js';
import { correctedPercentiles, median, type Percentiles, percentiles, type Sample } from './samples.js';
import type { Usage } from './usage.js';

/** Who is measured, doing what, and how its use of the machine is read. */
export interface Contestant {
  readonly contender: Contender;
  readonly operation: Operation;
  readonly url: string;
  readonly users: number;
  readonly firstUser?: number;
  /** How many ask at the same time, when not as many as in the rest of the row. */
  readonly callers?: number;
  /** The process that does the work. */
  readonly pid: number;
  readonly usage: {
    readonly read: (pid: number) => Promise<Usage>;
    readonly batchSize?: (position: number) => Promise<number>;
  };
}

/** Medians over the rounds. */
export interface Cell {
  readonly name: string;
  readonly contender: Contender;
  readonly operation: Operation;
  /** Transactions or answers. */
  readonly perSecond: number;
  /** Of the first contestant's, in the same rounds. */
  readonly ratio: number;
  readonly latencyMs: Percentiles;
  readonly errors: number;
  readonly batchSize: number;
  readonly serverSecondsPer1000: number;
  readonly databaseSecondsPer1000: number;
  readonly bytesWrittenEach: number;
}

export interface Load {
  readonly pid: number;
  readonly run: (order: Order) => Promise<Sample>;
  /** Starts anew, with nothing open. */
  readonly reset: () => Promise<void>;
  readonly stop: () => void;
}

/** The process that makes load. */
export function openLoad(): Load {
  const path = fileURLToPath(new URL('load-process.js', import.meta.url));
  const child = fork(path, [], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'], serialization: 'advanced' });
  const tell = async (message: Order | 'reset') => {
    const answered = once(child, 'message');
    child.send(message);
    const [answer] = (await answered) as [Sample];
    return answer;
  };
  return {
    pid: child.pid as number,
    run: ({ contender, url, operation, callers, users, firstUser = 0, seconds, run }) =>
      tell({ contender, url, operation, callers, users, firstUser, seconds, run }),
    reset: async () => void (await tell('reset')),
    stop: () => void child.kill(),
  };
}

type Round = Omit<Cell, 'name' | 'contender' | 'operation' | 'ratio'>;

/** Measures the contestants in turns, so that whatever else the machine does hits all of them alike. */
export async function measureRounds(
  load: Load,
  name: string,
  contestants: readonly Contestant[],
  callers: number,
  { rounds, seconds }: { readonly rounds: number; readonly seconds: number },
): Promise<Cell[]> {
  const measured = contestants.map((): Round[] => []);
  for (let round = 0; round < rounds; round += 1) {
    for (const [index, contestant] of contestants.entries()) {
      const order = {
        ...contestant,
        callers: contestant.callers ?? callers,
        seconds,
        run: `${contestant.contender} ${name} ${round}`,
      };
      measured[index]?.push(
        await measureOne(load, contestant, { ...order, run: order.run.replaceAll(/\W+/g, '-') }),
      );
    }
  }
  const first = measured[0] as Round[];
  return contestants.map(({ contender, operation }, index) => {
    const own = measured[index] as Round[];
    const of = (pick: (round: Round) => number) => median(own.map(pick));
    const ratios = own.map((round, at) => (first[at] as Round).perSecond / round.perSecond);
    return {
      name,
      contender,
      operation,
      perSecond: of((round) => round.perSecond),
      ratio: median(ratios),
      latencyMs: Object.fromEntries(
        percentiles.map((at) => [at, of((round) => round.latencyMs[at])]),
      ) as unknown as Percentiles,
      errors: own.reduce((sum, round) => sum + round.errors, 0),
      batchSize: of((round) => round.batchSize),
      serverSecondsPer1000: of((round) => round.serverSecondsPer1000),
      databaseSecondsPer1000: of((round) => round.databaseSecondsPer1000),
      bytesWrittenEach: of((round) => round.bytesWrittenEach),
    };
  });
}

async function measureOne(load: Load, { usage, pid, operation }: Contestant, order: Order): Promise<Round> {
  const { callers } = order;
  const before = await usage.read(pid);
  const sample = await load.run(order);
  const after = await usage.read(pid);
  const items = sample.count * itemsOf(operation);
  const per1000 = (key: 'serverSeconds' | 'databaseSeconds') => ((after[key] - before[key]) * 1000) / items;
  return {
    perSecond: items / sample.seconds,
    latencyMs: correctedPercentiles(sample, callers),
    errors: sample.errors,
    batchSize: (await usage.batchSize?.(before.position)) ?? 0,
    serverSecondsPer1000: per1000('serverSeconds'),
    databaseSecondsPer1000: per1000('databaseSeconds'),
    bytesWrittenEach: (after.bytesWritten - before.bytesWritten) / items,
  };
}
