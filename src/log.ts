import { DriverException } from '@mikro-orm/core';
import { type DestinationStream, type Logger, pino } from 'pino';

export type { Logger };

const EMAIL = /[^\s@'"()]+@[^\s@'"()]+\.[^\s@'"()]+/g;
const MASKED = '[masked]';

/** What must never be read in a log, down to the members of a logged object's members. */
const secrets = new Set([
  'apiKey',
  'x-api-key',
  'authorization',
  'email',
  'emailKey',
  'fullName',
  'password',
  'secret',
  'previousSecret',
]);
const DEPTH_MAX = 3;

/** Structured logs, one JSON object a line, with keys, e-mails and names masked. */
export function createLogger(level: string, destination?: DestinationStream): Logger {
  const options = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: {
      level: (label: string) => ({ level: label }),
      log: (entry: Record<string, unknown>) => withoutSecrets(entry, DEPTH_MAX),
    },
    serializers: { err: describeError },
  };
  return destination ? pino(options, destination) : pino(options);
}

/** The same object, or a copy with secrets masked when there are any: most entries have none, and are not copied. */
function withoutSecrets(entry: Record<string, unknown>, depth: number): Record<string, unknown> {
  let copy: Record<string, unknown> | undefined;
  for (const [key, value] of Object.entries(entry)) {
    const told = secrets.has(key) ? MASKED : maskMember(value, depth);
    if (told === value) continue;
    copy ??= { ...entry };
    copy[key] = told;
  }
  return copy ?? entry;
}

function maskMember(value: unknown, depth: number): unknown {
  const isRecord = typeof value === 'object' && value !== null && !(value instanceof Error);
  if (!isRecord || depth === 1 || Array.isArray(value)) return value;
  return withoutSecrets(value as Record<string, unknown>, depth - 1);
}

/** An error as it may be logged: a database's message is cut down to what the database said, without the statement. */
function describeError(error: unknown): unknown {
  if (!(error instanceof Error)) return { message: mask(String(error)) };
  const cause =
    error instanceof DriverException ? ((error as { previous?: Error }).previous ?? error) : error;
  const frames = error.stack?.split('\n').filter((line) => /^\s+at /.test(line)) ?? [];
  const { code, constraint } = error as { code?: unknown; constraint?: unknown };
  const message = error instanceof DriverException ? lastSentence(cause.message) : cause.message;
  return { type: error.name, message: mask(message), code, constraint, stack: frames.join('\n') };
}

/** MikroORM puts the statement, values included, before ` - ` and what the database said after it. */
function lastSentence(message: string): string {
  return message.slice(message.lastIndexOf(' - ') + 1).trim();
}

function mask(text: string): string {
  return text.replace(EMAIL, MASKED);
}
