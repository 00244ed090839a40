import { parseArgs } from 'node:util';
import { ConfigError } from '../errors.js';
import { type CalendarUnit, calendarUnits, parseDay } from '../local-time.js';

export interface ReportOptions {
  readonly user: string;
  /** Dates of the user's calendar, in days since 1970-01-01; `to` is outside. */
  readonly from: number;
  readonly to: number;
  readonly granularity: CalendarUnit;
  /** The wallet's, when not given. */
  readonly currency: string | undefined;
}

const USAGE =
  'npm run report -- --user user-001 --from 2026-01-01 --to 2026-02-01 [--granularity DAY|WEEK|MONTH] [--currency MYR]';

const options = {
  user: { type: 'string' },
  from: { type: 'string' },
  to: { type: 'string' },
  granularity: { type: 'string', default: 'DAY' },
  currency: { type: 'string' },
} as const;

/** Reads what stands on the command line; what is wrong is named. */
export function readOptions(args: readonly string[]): ReportOptions {
  const { user, from, to, granularity, currency } = parse(args);
  if (!user) throw wrong('--user is missing');
  const unit = calendarUnits.find((name) => name === granularity);
  if (!unit) throw wrong(`--granularity must be one of ${calendarUnits.join(', ')}, not ${granularity}`);
  return { user, from: readDay('--from', from), to: readDay('--to', to), granularity: unit, currency };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options, strict: true }).values;
  } catch (error) {
    throw wrong((error as Error).message.replace(/\.$/, ''));
  }
}

function readDay(name: string, text: string | undefined): number {
  if (text === undefined) throw wrong(`${name} is missing`);
  const day = parseDay(text);
  if (day === undefined) throw wrong(`${name} must be a date such as 2026-01-31, not ${text}`);
  return day;
}

export function wrong(problem: string): ConfigError {
  return new ConfigError(`${problem}.\nUsage: ${USAGE}`);
}
