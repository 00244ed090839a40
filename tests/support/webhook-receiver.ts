import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/** One request that came in. */
export interface Received {
  readonly id: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  // biome-ignore lint/suspicious/noExplicitAny: a test reads whatever the message holds.
  readonly message: any;
}

export type Reply = (response: ServerResponse, received: Received) => void;

export const ok: Reply = (response) => void response.end('ok');

/** A webhook receiver on a free port of this machine, which answers as it is told. */
export class Receiver {
  readonly received: Received[] = [];
  /** How often one message was under way twice at the same time. */
  overlaps = 0;
  reply: Reply = ok;
  readonly #open = new Set<string>();
  readonly #server = createServer((request, response) => {
    void text(request).then((body) => {
      const id = String(request.headers['webhook-id'] ?? '');
      const received = {
        id,
        path: request.url ?? '',
        headers: request.headers,
        body,
        message: body && JSON.parse(body),
      };
      if (this.#open.has(id)) this.overlaps += 1;
      this.#open.add(id);
      response.once('close', () => this.#open.delete(id));
      this.received.push(received);
      this.reply(response, received);
    });
  });

  static async start(): Promise<Receiver> {
    const receiver = new Receiver();
    // A test that fails before it closes its receiver is not to keep the run from ending.
    receiver.#server.listen(0, '127.0.0.1').unref();
    await once(receiver.#server, 'listening');
    return receiver;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}/hook`;
  }

  /** Answers in this order, one reply for each request, and then with `ok`. */
  replyWith(...replies: Reply[]): void {
    this.reply = (response, received) => (replies.shift() ?? ok)(response, received);
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }
}
