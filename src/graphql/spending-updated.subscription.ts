import { Arg, Ctx, ID, Resolver, Root, Subscription } from 'type-graphql';
import { spendingOf } from '../analytics/spending-of.js';
import type { State } from '../events/live-state.js';
import { addToDate, localDate, startOfLocalDate, startOfUnit } from '../local-time.js';
import { userNotFound } from '../operations/check-user.js';
import type { Span } from '../rollups/spans.js';
import { checkCurrency, inMoneyOf } from './analytics-input.js';
import type { Context } from './context.js';
import { CurrencyCode } from './scalars.js';
import { type SpendingRead, SpendingUpdateType } from './spending-updated.type.js';

interface Watching {
  readonly context: Context;
  readonly args: { readonly userId: string; readonly currency?: string | null };
}

@Resolver()
export class SpendingSubscription {
  @Subscription(() => SpendingUpdateType, {
    description:
      'What a user has spent this month: as it is now, then at most once a second when it has changed, and now and then when it has not. A slow reader is told the newest only; there is no cursor, since each message is the whole state.',
    subscribe: watchSpending,
  })
  spendingUpdated(
    @Root() { value }: State<SpendingRead>,
    @Ctx() context: Context,
    @Arg('userId', () => ID, { description: 'Whose spending.' }) userId: string,
    @Arg('currency', () => CurrencyCode, {
      nullable: true,
      description: 'The currency of the amounts; the base currency, when omitted.',
    })
    currency?: string,
  ): SpendingUpdateType {
    return new SpendingUpdateType(userId, value, inMoneyOf(checkCurrency(currency, context), context));
  }
}

async function watchSpending({
  context,
  args,
}: Watching): Promise<AsyncIterableIterator<State<SpendingRead>>> {
  const { orm, clock, loaders, states } = context;
  const { userId } = args;
  const user = await loaders.user.load(userId);
  if (!user) throw userNotFound(userId, ['userId']);
  checkCurrency(args.currency, context);
  return states.watch(JSON.stringify(['spending', userId]), {
    userId,
    changes: ({ row }) => row.transactionId !== null,
    read: async () => {
      const asOf = clock.now();
      const span = monthOf(asOf, user.timeZone);
      return { ...(await spendingOf(orm, userId, span)), span, asOf };
    },
  });
}

function monthOf(now: Date, timeZone: string): Span {
  const first = startOfUnit(localDate(now, timeZone), 'MONTH');
  return {
    from: startOfLocalDate(first, timeZone),
    to: startOfLocalDate(addToDate(first, 1, 'MONTH'), timeZone),
  };
}
