import { DriverException } from '@mikro-orm/core';
import { type DestinationStream, type Logger, pino } from 'pino';

export type { Logger };

const EMAIL = /[^\s@'"()]+@[^\s@'"()]+\.[^\s@'"()]+/g;
const MASKED = '[masked]';

/** What must never be read in a log, at whatever depth it is logged. */
const secrets = [
  'apiKey',
  'x-api-key',
  'authorization',
  'email',
  'emailKey',
  'fullName',
  'password',
  'secret',
  'previousSecret',
];
const redactedPaths = secrets.flatMap((name) => [`["${name}"]`, `*["${name}"]`, `*.*["${name}"]`]);

/** Structured logs, one JSON object a line, with keys, e-mails and names masked. */
export function createLogger(level: string, destination?: DestinationStream): Logger {
  const options = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    redact: { paths: redactedPaths, censor: MASKED },
    serializers: { err: describeError },
  };
  return destination ? pino(options, destination) : pino(options);
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
