import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

/** A span as it came over the wire. */
export interface ReceivedSpan {
  readonly traceId: string;
  readonly spanId: string;
  /** Empty for the first of a trace. */
  readonly parentId: string;
  readonly name: string;
  readonly kind: number;
  readonly startNanos: bigint;
  readonly endNanos: bigint;
  readonly attributes: Readonly<Record<string, unknown>>;
  /** The ids of the spans that it is linked to. */
  readonly links: readonly string[];
  /** Whether it is marked as one that failed. */
  readonly failed: boolean;
  readonly service: unknown;
}

type Field = readonly [number: number, value: bigint | Buffer];

/** The fields of a protobuf message, in order; of wire types those that OTLP's traces have. */
function* fieldsOf(message: Buffer): Generator<Field> {
  let at = 0;
  const varint = () => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = message.readUInt8(at);
      at += 1;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
  const bytes = (length: number) => {
    at += length;
    return message.subarray(at - length, at);
  };
  const readers: Readonly<Record<number, () => bigint | Buffer>> = {
    0: varint,
    1: () => bytes(8).readBigUInt64LE(),
    2: () => bytes(Number(varint())),
    5: () => BigInt(bytes(4).readUInt32LE()),
  };
  while (at < message.length) {
    const tag = Number(varint());
    const reader = readers[tag & 7];
    if (!reader) throw new Error(`no such wire type: ${tag & 7}`);
    yield [tag >> 3, reader()];
  }
}

const all = (message: Buffer, number: number) =>
  [...fieldsOf(message)].filter(([found]) => found === number).map(([, value]) => value as Buffer);
const one = (message: Buffer, number: number) => all(message, number)[0];

/** A value of an attribute: a text, a flag or a whole number; nothing else is sent. */
function readValue(message: Buffer): unknown {
  const [[kind, value] = [0, 0n]] = [...fieldsOf(message)] as [Field];
  if (kind === 1) return String(value);
  return kind === 2 ? value === 1n : Number(value);
}

function attributesOf(messages: readonly Buffer[]): Record<string, unknown> {
  return Object.fromEntries(
    messages.map((message) => [String(one(message, 1)), readValue(one(message, 2) as Buffer)]),
  );
}

function spanOf(message: Buffer, service: unknown): ReceivedSpan {
  const status = one(message, 15);
  return {
    traceId: one(message, 1)?.toString('hex') ?? '',
    spanId: one(message, 2)?.toString('hex') ?? '',
    parentId: one(message, 4)?.toString('hex') ?? '',
    name: String(one(message, 5)),
    kind: Number(one(message, 6)),
    startNanos: one(message, 7) as never,
    endNanos: one(message, 8) as never,
    attributes: attributesOf(all(message, 9)),
    links: all(message, 13).map((link) => one(link, 2)?.toString('hex') ?? ''),
    failed: status !== undefined && (one(status, 3) as unknown) === 2n,
    service,
  };
}

/** A collector of OTLP over HTTP, on a free port of this machine. */
export class OtlpReceiver {
  readonly spans: ReceivedSpan[] = [];
  /** Where requests went. */
  readonly paths: string[] = [];
  status = 200;
  readonly #server = createServer((request, response) => {
    void buffer(request).then((body) => {
      this.paths.push(request.url ?? '');
      for (const resourceSpans of all(body, 1)) {
        const resource = attributesOf(all(one(resourceSpans, 1) as Buffer, 1));
        const messages = all(resourceSpans, 2).flatMap((scope) => all(scope, 2));
        this.spans.push(...messages.map((message) => spanOf(message, resource['service.name'])));
      }
      response.writeHead(this.status).end();
    });
  });

  static async start(): Promise<OtlpReceiver> {
    const receiver = new OtlpReceiver();
    receiver.#server.listen(0, '127.0.0.1').unref();
    await once(receiver.#server, 'listening');
    return receiver;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }
}
