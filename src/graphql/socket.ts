import type { Server as ProtocolServer } from 'graphql-ws';
import { CloseCode } from 'graphql-ws';
import type { WebSocket } from 'ws';
import type { Principal } from '../access/principal.js';
import type { Logger } from '../log.js';

/** How graphql-ws complains of a message that only servers send. */
const UNEXPECTED = /^Unexpected message of type /;
/** What a close frame has room for; a longer reason makes ws throw. */
const REASON_BYTES_MAX = 123;

/** What belongs to one connection. */
export interface Connection {
  readonly socket: WebSocket;
  /** Where it comes from. */
  readonly address: string;
  principal?: Principal;
}

/**
 * Speaks the protocol over one socket of ws. A peer that has not answered a ping when the next one is due is taken for
 * dead: within two intervals of going away.
 */
export function serveSocket(
  protocol: ProtocolServer<Connection>,
  connection: Connection,
  pingIntervalMs: number,
  log: Logger,
): void {
  const { socket } = connection;
  const closed = protocol.opened(
    {
      protocol: socket.protocol,
      send: (text) => write(socket, text),
      close: (code, reason) => socket.close(code, reasonOf(reason)),
      onMessage: (take) => {
        socket.on('message', (text, isBinary) => {
          // What a client sent before it heard that it was refused is not for us any more.
          if (socket.readyState !== socket.OPEN) return;
          if (isBinary) return socket.close(CloseCode.BadRequest, 'Send text.');
          take(String(text)).catch((error: Error) => {
            if (UNEXPECTED.test(error.message)) return socket.close(CloseCode.BadRequest, 'Invalid message.');
            log.error({ err: error }, 'fault');
            socket.close(CloseCode.InternalServerError, 'Something went wrong on our side.');
          });
        });
      },
    },
    connection,
  );
  let alive = true;
  socket.on('pong', () => {
    alive = true;
  });
  const ping = setInterval(() => {
    if (!alive) return socket.terminate();
    alive = false;
    socket.ping();
  }, pingIntervalMs);
  // A peer that breaks the rules of WebSocket is closed by ws; that is its own affair, and no fault of ours.
  socket.on('error', (error) => log.debug({ err: error }, 'socket'));
  socket.once('close', (code, reason) => {
    clearInterval(ping);
    void closed(code, String(reason));
  });
}

/** Settles when the message has left for the kernel: that is what a slow reader makes wait. */
export function write(socket: WebSocket, message: string): Promise<void> {
  if (socket.readyState !== socket.OPEN) return Promise.resolve();
  return new Promise((resolve) => {
    // A socket that breaks is closed by its own event, which ends its streams.
    socket.send(message, () => resolve());
  });
}

function reasonOf(reason: string | undefined): string {
  return reason !== undefined && Buffer.byteLength(reason) <= REASON_BYTES_MAX ? reason : '';
}
