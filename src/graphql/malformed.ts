import { type ServerResponse, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { GraphQLError } from 'graphql';
import { present } from './errors.js';

const statuses: Readonly<Record<string, number>> = {
  HPE_HEADER_OVERFLOW: 431,
  ERR_HTTP_REQUEST_TIMEOUT: 408,
};

/** Answers what is no HTTP, which no route, hook or handler gets to see, and hangs up. */
export function answerMalformed(error: { code?: string }, socket: Socket, requestId: string): void {
  // What follows a request that is being answered gets no answer of its own, which could come before that one.
  const { _httpMessage: answering } = socket as { readonly _httpMessage?: ServerResponse | null };
  if (answering?.headersSent || answering?.req.complete) {
    answering.once('finish', () => socket.destroySoon());
    return;
  }
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const status = statuses[error.code ?? ''] ?? 400;
  const told = new GraphQLError('This is no HTTP request that can be read.', {
    extensions: { code: 'BAD_REQUEST' },
  });
  const body = JSON.stringify({ errors: [present(told, requestId).error] });
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    'content-type: application/json; charset=utf-8',
    `content-length: ${Buffer.byteLength(body)}`,
    `x-request-id: ${requestId}`,
    'connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}
