import { Arg, Ctx, ID, Int, Resolver, Root, Subscription } from 'type-graphql';
import type { PublishedEvent } from '../events/hub.js';
import { userNotFound } from '../operations/check-user.js';
import type { Context } from './context.js';
import { topLevel } from './errors.js';
import { BalanceUpdateType, FraudAlertType, TransactionUpdateType } from './event.type.js';

interface Watching {
  readonly context: Context;
  readonly args: { readonly userId?: string | null; readonly minScore?: number | null };
}

type Accepts = (event: PublishedEvent) => boolean;

@Resolver()
export class EventSubscriptions {
  @Subscription(() => BalanceUpdateType, {
    description: "Every change of a user's balance, in the order of its versions.",
    subscribe: (watching: Watching) => watch(watching, ({ payload }) => payload.change !== undefined),
  })
  balanceUpdated(
    @Root() event: PublishedEvent,
    @Arg('userId', () => ID, { description: 'Whose wallet.' }) _userId: string,
  ): BalanceUpdateType {
    return new BalanceUpdateType(event);
  }

  @Subscription(() => FraudAlertType, {
    description: 'Every transaction that a fraud rule flags, in the order of the event log.',
    subscribe: (watching: Watching) => watch(watching, isFlagged(watching.args.minScore ?? 0)),
  })
  fraudFlagged(
    @Root() event: PublishedEvent,
    @Ctx() { settings }: Context,
    @Arg('userId', () => ID, { nullable: true, description: "Whose; everybody's, when omitted." })
    _userId?: string,
    @Arg('minScore', () => Int, { defaultValue: 0, description: 'Only scores from here on.' })
    _minScore?: number,
  ): FraudAlertType {
    return new FraudAlertType(event, settings.fraud);
  }

  @Subscription(() => TransactionUpdateType, {
    description: "Every transaction of a user that is made, reviewed or reversed, in the log's order.",
    subscribe: (watching: Watching) => watch(watching, ({ row }) => row.transactionId !== null),
  })
  transactionUpdated(
    @Root() event: PublishedEvent,
    @Arg('userId', () => ID, { description: 'Whose.' }) _userId: string,
  ): TransactionUpdateType {
    return new TransactionUpdateType(event);
  }
}

function isFlagged(minScore: number): Accepts {
  return ({ row, payload: { transaction } }) =>
    row.type === 'TRANSACTION_CREATED' &&
    transaction !== undefined &&
    transaction.fraudFlags.length > 0 &&
    transaction.fraudScore >= minScore;
}

/** The stream of a user who exists, or of everybody. */
async function watch(
  { context, args }: Watching,
  accepts: Accepts,
): Promise<AsyncIterableIterator<PublishedEvent>> {
  const userId = args.userId ?? undefined;
  if (userId !== undefined && !(await context.loaders.user.load(userId)))
    throw topLevel(userNotFound(userId, ['userId']));
  return context.hub.subscribe(userId, accepts);
}
