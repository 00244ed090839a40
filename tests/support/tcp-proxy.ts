import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/**
 * What becomes of a statement that a client sends:
 * `forward` it; `drop` it and cut the connection, so that it never arrives; `withhold` its answer: it arrives, and as
 * soon as the server answers, the client's connection is cut; `abandon` it: it arrives, the client's connection is cut at
 * once and the server's only when it has answered, so that the work goes on behind the client's back.
 */
export type Verdict = 'forward' | 'drop' | 'withhold' | 'abandon';

/** A TCP proxy in front of PostgreSQL that reads what clients say and can fail on purpose. */
export interface TcpProxy {
  /** The database's address, by way of the proxy. */
  readonly url: string;
  /** Asked of every statement of a connection, in order; the statement waits for its verdict. */
  decide: (statement: string) => Verdict | Promise<Verdict>;
  /** Cuts every connection there is. */
  readonly cut: () => void;
  /** Cuts every connection and takes no new ones. */
  readonly refuse: () => Promise<void>;
  /** Takes connections again, at the same address. */
  readonly accept: () => Promise<void>;
  readonly close: () => Promise<void>;
}

export async function startTcpProxy(databaseUrl: string): Promise<TcpProxy> {
  const target = new URL(databaseUrl);
  const pairs = new Set<readonly [Socket, Socket]>();
  const server = createServer({ noDelay: true }, (client) => {
    const database = connect({ host: target.hostname, port: Number(target.port), noDelay: true });
    const pair = [client, database] as const;
    pairs.add(pair);
    join(client, database, (statement) => proxy.decide(statement));
    database.once('close', () => pairs.delete(pair));
  });
  const listen = async (port: number) => {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
  };
  await listen(0);
  const { port } = server.address() as AddressInfo;
  const cut = () => {
    for (const [client, database] of pairs) {
      client.destroy();
      database.destroy();
    }
  };
  const refuse = async () => {
    if (!server.listening) return;
    const closed = once(server, 'close');
    server.close();
    cut();
    await closed;
  };
  const url = new URL(databaseUrl);
  url.hostname = '127.0.0.1';
  url.port = String(port);
  const proxy: TcpProxy = {
    url: url.href,
    decide: () => 'forward',
    cut,
    refuse,
    accept: () => listen(port),
    close: refuse,
  };
  return proxy;
}

function join(client: Socket, database: Socket, decide: TcpProxy['decide']): void {
  const messages = new MessageReader();
  let withholding = false;
  let abandoned = false;
  const end = () => {
    client.destroy();
    database.destroy();
  };
  const take = async (chunk: Buffer) => {
    for (const { bytes, statement } of messages.read(chunk)) {
      if (withholding || database.destroyed) return;
      const verdict = statement === undefined ? 'forward' : await decide(statement);
      if (verdict === 'drop') return end();
      withholding = verdict !== 'forward';
      abandoned = verdict === 'abandon';
      database.write(bytes);
      if (abandoned) client.destroy();
    }
  };
  let taken = Promise.resolve();
  client.on('data', (chunk: Buffer) => {
    taken = taken.then(() => take(chunk)).catch(end);
  });
  database.on('data', (chunk: Buffer) => {
    if (withholding) end();
    else client.write(chunk);
  });
  for (const socket of [client, database]) socket.on('error', () => undefined);
  client.on('close', () => abandoned || database.destroy());
  database.on('close', () => client.destroy());
}

interface Message {
  readonly bytes: Buffer;
  /** The SQL that it asks to run: of a Query, of a Parse without a name, or of the prepared statement of a Bind. */
  readonly statement: string | undefined;
}

/** Parse, Bind, Describe, Execute and Close: a Sync follows. */
const STEPS = new Set(['P', 'B', 'D', 'E', 'C']);

/** Takes a client's stream apart into PostgreSQL's frontend messages. */
class MessageReader {
  #rest: Buffer = Buffer.alloc(0);
  #started = false;
  readonly #prepared = new Map<string, string>();
  #group: Buffer[] = [];
  #asked: string | undefined;

  *read(chunk: Buffer): Generator<Message> {
    this.#rest = Buffer.concat([this.#rest, chunk]);
    for (;;) {
      // The first message, the startup packet, has no type.
      const header = this.#started ? 1 : 0;
      if (this.#rest.length < header + 4) return;
      const length = header + this.#rest.readUInt32BE(header);
      if (this.#rest.length < length) return;
      const message = this.#rest.subarray(0, length);
      this.#rest = this.#rest.subarray(length);
      const type = this.#started ? String.fromCharCode(message[0] as number) : '';
      this.#started = true;
      this.#asked = this.#statementOf(type, message) ?? this.#asked;
      this.#group.push(message);
      // What prepares, binds and executes a statement is answered together, once it is told to with a Sync.
      if (STEPS.has(type)) continue;
      yield { bytes: Buffer.concat(this.#group), statement: this.#asked };
      this.#group = [];
      this.#asked = undefined;
    }
  }

  #statementOf(type: string, bytes: Buffer): string | undefined {
    if (type === 'Q') return bytes.toString('utf8', 5, bytes.length - 1);
    if (type !== 'P' && type !== 'B') return undefined;
    // A Parse gives its statement a name and a text; a Bind names a portal and the statement.
    const middle = bytes.indexOf(0, 5);
    const first = bytes.toString('utf8', 5, middle);
    const second = bytes.toString('utf8', middle + 1, bytes.indexOf(0, middle + 1));
    if (type === 'B') return this.#prepared.get(second);
    if (first === '') return second;
    this.#prepared.set(first, second);
    return undefined;
  }
}
