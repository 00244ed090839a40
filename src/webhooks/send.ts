import http from 'node:http';
import https from 'node:https';
import { checkLiteral, guardedLookup, hostOf, type Resolve } from './address.js';

const RESPONSE_BYTES_MAX = 1_024;
const ERROR_LENGTH_MAX = 200;

export interface SendSettings {
  readonly allowPrivate: boolean;
  readonly timeoutMs: number;
  readonly resolve: Resolve;
  /** Ends the attempt early, as when the server shuts down. */
  readonly signal: AbortSignal;
}

/** What became of one attempt. */
export interface Answer {
  /** `null` when there was none; `error` says why. */
  readonly statusCode: number | null;
  readonly error: string | null;
  /** At most the first KiB of what was answered. */
  readonly response: string | null;
  readonly durationMs: number;
}

/**
 * Posts a message on a connection of its own and never throws. The status decides, so what comes after the first KiB of
 * the answer is not waited for. A redirect is an answer like any other: it is not followed.
 */
export async function send(
  url: string,
  headers: Readonly<Record<string, string>>,
  body: string,
  settings: SendSettings,
): Promise<Answer> {
  const startedAt = performance.now();
  const timeout = AbortSignal.timeout(settings.timeoutMs);
  let statusCode: number | null = null;
  let response: string | null = null;
  let error: string | null = null;
  try {
    const signal = AbortSignal.any([timeout, settings.signal]);
    const answer = await post(new URL(url), headers, body, settings, signal);
    statusCode = answer.statusCode ?? null;
    response = await readBeginning(answer);
  } catch (cause) {
    error = timeout.aborted ? `no answer within ${settings.timeoutMs} ms` : describe(cause);
  }
  return { statusCode, error, response, durationMs: Math.round(performance.now() - startedAt) };
}

function post(
  url: URL,
  headers: Readonly<Record<string, string>>,
  body: string,
  { allowPrivate, resolve }: SendSettings,
  signal: AbortSignal,
): Promise<http.IncomingMessage> {
  return new Promise((done, fail) => {
    if (!allowPrivate) checkLiteral(hostOf(url));
    const options: http.RequestOptions = {
      method: 'POST',
      agent: false,
      signal,
      headers: { ...headers, 'content-length': Buffer.byteLength(body) },
      ...(!allowPrivate && { lookup: guardedLookup(resolve) }),
    };
    const request = (url.protocol === 'https:' ? https : http).request(url, options, done);
    request.on('error', fail);
    request.end(body);
  });
}

/** Reads up to a KiB and closes the connection. What breaks once the status is known does not count. */
async function readBeginning(answer: http.IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of answer) {
      chunks.push(chunk as Buffer);
      length += (chunk as Buffer).length;
      if (length >= RESPONSE_BYTES_MAX) break;
    }
  } catch {
    // The beginning is enough.
  } finally {
    answer.destroy();
  }
  return cut(Buffer.concat(chunks));
}

/** The text of at most a KiB, in whole characters, that either database can keep: PostgreSQL's text has no NUL. */
function cut(bytes: Buffer): string {
  const text = new TextDecoder()
    .decode(bytes.subarray(0, RESPONSE_BYTES_MAX), { stream: true })
    .replaceAll('\u0000', '\ufffd');
  const { read } = new TextEncoder().encodeInto(text, new Uint8Array(RESPONSE_BYTES_MAX));
  return text.slice(0, read);
}

function describe(cause: unknown): string {
  const { code, message } = cause as { code?: unknown; message?: unknown };
  const text = typeof message === 'string' && message !== '' ? message : String(code ?? cause);
  return text.slice(0, ERROR_LENGTH_MAX);
}
