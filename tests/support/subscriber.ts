import { type Client, createClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import { DEVELOPMENT_KEY } from '../../src/config.js';
import { until } from './processes.js';

/** One message of a stream, or the errors that ended it. */
export interface Told {
  readonly cursor: string;
  readonly delivery: 'SNAPSHOT' | 'REPLAY' | 'LIVE' | 'PROGRESS';
  readonly occurredAt: string;
  // biome-ignore lint/suspicious/noExplicitAny: a test reads whatever its document asked for.
  readonly [field: string]: any;
}

export interface Subscriber {
  /** All that was told so far, in order. */
  readonly told: Told[];
  /** Top-level errors, whether they refused the subscription or ended it. */
  readonly errors: Array<{ readonly message: string; readonly extensions: Record<string, unknown> }>;
  /** The close code of the socket, once it is closed. */
  closeCode: number | undefined;
  /** Whether the operation has ended. */
  ended: boolean;
  readonly untilTold: (count: number) => Promise<Told[]>;
  /** Cuts the socket as a broken network does. */
  readonly cut: () => void;
  /** Stops reading from the network, and goes on. */
  readonly pause: () => void;
  readonly resume: () => void;
  readonly stop: () => Promise<void>;
}

const fields = 'cursor delivery occurredAt';

export const documents = {
  balanceUpdated: `subscription ($userId: ID!, $after: EventCursor) { balanceUpdated(userId: $userId, after: $after) {
    ${fields} balance { version posted { amount } held { amount } available { amount } }
    change { amount } transaction { id status idempotencyKey } } }`,
  fraudFlagged: `subscription ($userId: ID, $minScore: Int, $after: EventCursor) {
    fraudFlagged(userId: $userId, minScore: $minScore, after: $after) {
    ${fields} transaction { id fraudFlags } assessment { score level } } }`,
  transactionUpdated: `subscription ($userId: ID!, $after: EventCursor) {
    transactionUpdated(userId: $userId, after: $after) { ${fields} transaction { id type status } } }`,
} as const;

/** Subscribes over a socket of its own, without any retry: what breaks stays broken. */
export function subscribe(
  url: string,
  name: keyof typeof documents,
  variables: Record<string, unknown> = {},
  key = DEVELOPMENT_KEY,
): Subscriber {
  let socket: WebSocket | undefined;
  class TestSocket extends WebSocket {
    constructor(address: string, protocols: string | string[]) {
      super(address, protocols);
      socket = this;
    }
  }
  const client: Client = createClient({
    url: `${url.replace(/^http/, 'ws')}/graphql`,
    webSocketImpl: TestSocket,
    connectionParams: { 'X-API-Key': key },
    retryAttempts: 0,
    on: {
      closed: (event) => {
        subscriber.closeCode = (event as { code: number }).code;
      },
    },
  });
  const subscriber: Subscriber = {
    told: [],
    errors: [],
    closeCode: undefined,
    ended: false,
    untilTold: async (count) => {
      await until(() => subscriber.told.length >= count || subscriber.ended, `message ${count} of ${name}`);
      return subscriber.told.slice(0, count);
    },
    cut: () => socket?.terminate(),
    pause: () => socket?.pause(),
    resume: () => socket?.resume(),
    stop: async () => {
      unsubscribe();
      await client.dispose();
    },
  };
  const unsubscribe = client.subscribe<Record<string, Told>>(
    { query: documents[name], variables },
    {
      next: ({ data, errors }) => {
        if (errors) subscriber.errors.push(...(errors as never as Subscriber['errors']));
        if (data?.[name]) subscriber.told.push(data[name]);
      },
      error: (error) => {
        if (Array.isArray(error)) subscriber.errors.push(...(error as never as Subscriber['errors']));
        subscriber.ended = true;
      },
      complete: () => {
        subscriber.ended = true;
      },
    },
  );
  return subscriber;
}
