import { Arg, Authorized, Ctx, ID, Int, Resolver, Root, Subscription } from 'type-graphql';
import type { Scope } from '../access/scopes.js';
import { inputError } from '../errors.js';
import { type Beginning, EventStream, type StreamItem, type Watch } from '../events/event-stream.js';
import { findPlace } from '../events/find-place.js';
import type { PublishedEvent } from '../events/published-event.js';
import { userNotFound } from '../operations/check-user.js';
import { loadBalanceAtPlace, loadSnapshot } from '../queries/stream-snapshots.js';
import type { Context } from './context.js';
import { BalanceUpdateType, FraudAlertType, TransactionUpdateType } from './event.type.js';
import { EventCursor } from './scalars.js';

interface Watching {
  readonly context: Context;
  readonly args: {
    readonly userId?: string | null;
    readonly minScore?: number | null;
    readonly after?: string | null;
  };
}

const AFTER =
  'The cursor of the last thing that was received: all since is delivered as `REPLAY`, then the stream goes on live, with no gap and no repetition.';

@Resolver()
export class EventSubscriptions {
  @Authorized<Scope>('users:read')
  @Subscription(() => BalanceUpdateType, {
    description:
      "A user's wallet: a `SNAPSHOT` first, or a `REPLAY` of all since `after`; then every change, in the order of its versions.",
    subscribe: watchBalance,
  })
  async balanceUpdated(
    @Root() item: StreamItem,
    @Ctx() { clock, orm }: Context,
    @Arg('userId', () => ID, { description: 'Whose wallet.' }) userId: string,
    @Arg('after', () => EventCursor, { nullable: true, description: AFTER }) _after?: string,
  ): Promise<BalanceUpdateType> {
    const balance =
      item.event?.payload.balance ?? item.balance ?? (await loadBalanceAtPlace(orm.em, userId, item.place));
    return new BalanceUpdateType(item, userId, balance, clock.now());
  }

  @Authorized<Scope>('fraud:read')
  @Subscription(() => FraudAlertType, {
    description: 'Every transaction that a fraud rule flags, in the order of the event log.',
    subscribe: watchFraud,
  })
  fraudFlagged(
    @Root() item: StreamItem,
    @Ctx() { settings, clock }: Context,
    @Arg('userId', () => ID, { nullable: true, description: "Whose; everybody's, when omitted." })
    _userId?: string,
    @Arg('minScore', () => Int, { nullable: true, defaultValue: 0, description: 'Only scores from here on.' })
    _minScore?: number,
    @Arg('after', () => EventCursor, { nullable: true, description: AFTER }) _after?: string,
  ): FraudAlertType {
    return new FraudAlertType(item, settings.fraud, clock.now());
  }

  @Authorized<Scope>('transactions:read')
  @Subscription(() => TransactionUpdateType, {
    description: "Every transaction of a user that is made, reviewed or reversed, in the log's order.",
    subscribe: watchTransactions,
  })
  transactionUpdated(
    @Root() item: StreamItem,
    @Ctx() { clock }: Context,
    @Arg('userId', () => ID, { description: 'Whose.' }) _userId: string,
    @Arg('after', () => EventCursor, { nullable: true, description: AFTER }) _after?: string,
  ): TransactionUpdateType {
    return new TransactionUpdateType(item, clock.now());
  }
}

function watchBalance(watching: Watching): Promise<EventStream> {
  const { orm } = watching.context;
  const userId = watching.args.userId as string;
  const snapshot = () => loadSnapshot(orm.em, userId);
  return openStream(watching, { accepts: ({ payload }) => payload.change !== undefined }, { snapshot });
}

function watchFraud(watching: Watching): Promise<EventStream> {
  const minScore = watching.args.minScore ?? 0;
  const accepts = ({ row, payload: { transaction } }: PublishedEvent) =>
    row.type === 'TRANSACTION_CREATED' &&
    transaction !== undefined &&
    transaction.fraudFlags.length > 0 &&
    transaction.fraudScore >= minScore;
  return openStream(watching, { accepts, types: ['TRANSACTION_CREATED'] }, 'now');
}

function watchTransactions(watching: Watching): Promise<EventStream> {
  return openStream(watching, { accepts: ({ row }) => row.transactionId !== null }, 'now');
}

/** The stream of a user who exists, or of everybody: after the given cursor, or from the beginning of its kind. */
async function openStream(
  { context, args }: Watching,
  watch: Omit<Watch, 'userId'>,
  beginning: Beginning,
): Promise<EventStream> {
  const { orm, hub, loaders } = context;
  const userId = args.userId ?? undefined;
  if (userId !== undefined && !(await loaders.user.load(userId))) throw userNotFound(userId, ['userId']);
  if (args.after == null) return new EventStream(orm, hub, { ...watch, userId }, beginning);
  const after = await findPlace(orm.em, args.after);
  if (!after) {
    const message =
      'after is no cursor of this event log: subscribe without it and start from what is there now.';
    throw inputError('INVALID_CURSOR', message, ['after']);
  }
  return new EventStream(orm, hub, { ...watch, userId }, { after });
}
