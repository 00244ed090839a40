import type { Server as ProtocolServer } from 'graphql-ws';
import { CloseCode } from 'graphql-ws';
import type { WebSocket } from 'ws';
import type { Logger } from '../log.js';
import type { Principal } from './authentication.js';

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
      close: (code, reason) => socket.close(code, reason),
      onMessage: (take) => {
        socket.on('message', (text) => {
          take(String(text)).catch((error: unknown) => {
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
