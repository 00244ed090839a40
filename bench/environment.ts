import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The built server in a process of its own, as a user starts it; its log goes to a file. */
export interface BenchServer {
  readonly url: string;
  readonly pid: number;
  readonly stop: () => Promise<void>;
}

/** Every rule looks and flags, and nothing is held, so that each request completes. */
const RULES_WITHOUT_POINTS = {
  FRAUD_VELOCITY_POINTS: '0',
  FRAUD_SUSPICIOUS_VELOCITY_POINTS: '0',
  FRAUD_UNUSUAL_AMOUNT_POINTS: '0',
  FRAUD_HIGH_VALUE_POINTS: '0',
  FRAUD_OFF_HOURS_POINTS: '0',
  DAILY_SPENDING_LIMIT: '10000000000',
  RATE_LIMIT_DISABLED: 'true',
};

let started = 0;

/** What `npm run serve` tells Node.js about memory: what is measured is what runs. */
function memoryOptions(): string[] {
  const path = fileURLToPath(new URL('../../package.json', import.meta.url));
  const { scripts } = JSON.parse(readFileSync(path, 'utf8')) as { scripts: { serve: string } };
  return scripts.serve.split(' ').filter((word) => word.startsWith('--max-'));
}

export async function startServer(
  directory: string,
  databaseUrl: string,
  environment: Readonly<Record<string, string>> = {},
): Promise<BenchServer> {
  started += 1;
  const log = join(directory, `server-${started}.log`);
  const output = openSync(log, 'w');
  const main = fileURLToPath(new URL('../src/main.js', import.meta.url));
  const profile = process.env.BENCH_PROFILE
    ? ['--cpu-prof', `--cpu-prof-dir=${process.env.BENCH_PROFILE}`]
    : [];
  const child = spawn(process.execPath, [...memoryOptions(), ...profile, main], {
    env: {
      PORT: '0',
      DATABASE_URL: databaseUrl,
      SEED_DEMO_DATA: 'false',
      ...RULES_WITHOUT_POINTS,
      ...environment,
    },
    stdio: ['ignore', output, 'inherit'],
  });
  closeSync(output);
  const exited = once(child, 'exit');
  // However the measurement ends, no server is left behind.
  process.once('exit', () => child.kill());
  return {
    url: await untilListening(log),
    pid: child.pid as number,
    stop: async () => {
      child.kill('SIGTERM');
      await exited;
    },
  };
}

async function untilListening(log: string): Promise<string> {
  for (let waited = 0; waited < 30_000; waited += 20) {
    const line = readFileSync(log, 'utf8')
      .split('\n')
      .find((text) => text.includes('"msg":"listening"'));
    if (line) return (JSON.parse(line) as { url: string }).url;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`the server did not start: ${readFileSync(log, 'utf8')}`);
}
