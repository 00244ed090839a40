import { type ExecutionArgs, execute, type GraphQLError, type GraphQLFormattedError } from 'graphql';
import type { WebSocket } from 'ws';
import type { Answers } from '../events/answers.js';
import type { StreamItem } from '../events/event-stream.js';
import { State } from '../events/live-state.js';
import { type Context, refreshed } from './context.js';
import { write } from './socket.js';

/** What streams tell: events one by one, or a state whenever it has changed. */
export type Told = StreamItem | State<unknown>;

export interface Delivering {
  /** The operation's id on its socket. */
  readonly id: string;
  readonly args: ExecutionArgs;
  readonly stream: AsyncIterator<Told>;
  readonly socket: WebSocket;
  /** Subscribers under the same key share what is told of a live event. */
  readonly sharingKey: string;
  readonly present: (error: GraphQLError) => GraphQLFormattedError;
}

/**
 * Writes a stream to a socket as the protocol's `next` messages. An answer to a live event or to a state is executed and serialized once
 * for all who asked the same; each message is awaited, so that a slow socket slows down nobody but its own stream. Read
 * as an iterator this yields nothing, and ends or throws when the stream does.
 */
export function deliver(delivering: Delivering): AsyncIterableIterator<never> {
  const { id, stream, socket, sharingKey } = delivering;
  const prefix = `{"id":${JSON.stringify(id)},"type":"next","payload":`;
  let ended = false;
  const run = async (): Promise<IteratorResult<never>> => {
    for (;;) {
      const { value: item, done } = await stream.next();
      if (done || ended) return { value: undefined, done: true };
      const shared = sharedBy(item);
      const answer = shared
        ? await shared.answer(sharingKey, () => answerTo(delivering, item))
        : await answerTo(delivering, item);
      if (!ended) await write(socket, `${prefix}${answer}}`);
    }
  };
  return {
    next: run,
    return: async () => {
      ended = true;
      await stream.return?.();
      return { value: undefined, done: true };
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

/** What many are told at the same time. */
function sharedBy(item: Told): Answers | undefined {
  if (item instanceof State) return item;
  return item.delivery === 'LIVE' ? item.event : undefined;
}

/** Executes the document with nothing loaded yet, so that nothing told is stale. */
async function answerTo({ args, present }: Delivering, item: Told): Promise<string> {
  const contextValue = refreshed(args.contextValue as Context);
  const result = await execute({ ...args, rootValue: item, contextValue });
  return JSON.stringify({ ...result, ...(result.errors && { errors: result.errors.map(present) }) });
}
