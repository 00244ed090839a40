import { connect, type Socket } from 'node:net';

/**
 * One keep-alive connection that asks and waits, with as little work for the processor as can be: it shares the cores with
 * what it measures. It reads no more of an answer than its length.
 */
export class HttpCaller {
  #socket: Socket;
  #head: string;
  #received = '';
  #answer: ((body: string) => void) | undefined;
  #fail: ((error: Error) => void) | undefined;

  private constructor(socket: Socket, host: string) {
    this.#socket = socket;
    this.#head = `POST /graphql HTTP/1.1\r\nHost: ${host}\r\nContent-Type: application/json\r\nX-API-Key: dev-api-key\r\nContent-Length: `;
    socket.setNoDelay(true).setEncoding('latin1');
    socket.on('data', (chunk) => this.#take(String(chunk)));
    socket.on('error', (error) => this.#fail?.(error));
    socket.on('close', () => this.#fail?.(new Error('the server closed a connection')));
  }

  static open(url: string): Promise<HttpCaller> {
    const { hostname, port, host } = new URL(url);
    return new Promise((resolve, reject) => {
      const socket = connect(Number(port), hostname, () => resolve(new HttpCaller(socket, host)));
      socket.once('error', reject);
    });
  }

  ask(body: string): Promise<string> {
    return new Promise((resolve, reject) => {
      this.#answer = resolve;
      this.#fail = reject;
      this.#socket.write(`${this.#head}${Buffer.byteLength(body)}\r\n\r\n${body}`);
    });
  }

  close(): void {
    this.#fail = undefined;
    this.#socket.destroy();
  }

  #take(chunk: string): void {
    this.#received += chunk;
    const end = this.#received.indexOf('\r\n\r\n');
    if (end < 0) return;
    const [, length] = /content-length: (\d+)/i.exec(this.#received.slice(0, end)) ?? [];
    const whole = end + 4 + Number(length);
    if (this.#received.length < whole) return;
    const body = this.#received.slice(end + 4, whole);
    this.#received = this.#received.slice(whole);
    this.#answer?.(body);
  }
}
