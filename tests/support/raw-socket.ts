import { once } from 'node:events';
import { WebSocket } from 'ws';
import { DEVELOPMENT_KEY } from '../../src/config.js';
import { until } from './processes.js';

export interface Frame {
  readonly id?: string;
  readonly type: string;
  // biome-ignore lint/suspicious/noExplicitAny: the protocol's payloads differ by type.
  readonly payload?: any;
}

/** A socket that says exactly what it is told to, and notes what it hears. */
export interface RawSocket extends AsyncDisposable {
  readonly socket: WebSocket;
  readonly heard: Frame[];
  /** Sends an object as JSON, and a text or bytes as they stand. */
  readonly say: (message: object | string | Buffer) => void;
  /** The first message of one of these types; rejects when the socket is closed before it comes. */
  readonly untilHeard: (...types: string[]) => Promise<Frame>;
  /** The code and the reason that it is closed with. */
  readonly closed: Promise<readonly [code: number, reason: string]>;
}

export const INIT = { type: 'connection_init', payload: { 'X-API-Key': DEVELOPMENT_KEY } };

/** Opens a socket to the API. Without a protocol it asks for none, which `ws` lets the server refuse in its own words. */
export async function openRaw(
  url: string,
  protocol: string[] = ['graphql-transport-ws'],
): Promise<RawSocket> {
  const socket = new WebSocket(`${url.replace(/^http/, 'ws')}/graphql`, protocol);
  const heard: Frame[] = [];
  socket.on('message', (text) => heard.push(JSON.parse(String(text))));
  const closed = once(socket, 'close').then(([code, reason]) => [code, String(reason)] as const);
  await once(socket, 'open');
  return {
    socket,
    heard,
    say: (message) =>
      socket.send(
        typeof message === 'string' || Buffer.isBuffer(message) ? message : JSON.stringify(message),
      ),
    untilHeard: (...types) =>
      until(() => {
        const frame = heard.find(({ type }) => types.includes(type));
        if (!frame && socket.readyState === socket.CLOSED)
          throw new Error(`closed before ${types.join(' or ')}`);
        return frame;
      }, types.join(' or ')),
    closed,
    [Symbol.asyncDispose]: async () => {
      socket.terminate();
      await closed;
    },
  };
}
