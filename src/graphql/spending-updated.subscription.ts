import { Arg, Authorized, Ctx, ID, Resolver, Root, Subscription } from 'type-graphql';
import type { Scope } from '../access/scopes.js';
import type { Period } from '../analytics/period.js';
import { findSpending } from '../analytics/spending.js';
import { tallyOf } from '../analytics/tally.js';
import type { State } from '../events/live-state.js';
import { addToDate, localDate, startOfLocalDate, startOfUnit } from '../local-time.js';
import { getUser, showFor } from './analytics-input.js';
import type { Context } from './context.js';
import { CurrencyCode } from './scalars.js';
import { type SpendingRead, SpendingUpdateType } from './spending-updated.type.js';

interface Watching {
  readonly context: Context;
  readonly args: { readonly userId: string; readonly currency?: string | null };
}

@Resolver()
export class SpendingSubscription {
  @Authorized<Scope>('analytics:read')
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
      description: "The currency of the amounts; the wallet's, when omitted.",
    })
    currency?: string,
  ): SpendingUpdateType {
    return new SpendingUpdateType(userId, value, showFor(context, currency, value.walletCurrency));
  }
}

async function watchSpending({
  context,
  args,
}: Watching): Promise<AsyncIterableIterator<State<SpendingRead>>> {
  const { orm, clock, states } = context;
  const user = await getUser(context, args.userId);
  showFor(context, args.currency, user.currency);
  return states.watch(JSON.stringify(['spending', user.id]), {
    userId: user.id,
    changes: ({ row }) => row.transactionId !== null,
    read: async () => {
      const asOf = clock.now();
      const period = monthOf(asOf, user.timeZone);
      const { rows } = await findSpending(orm.em, user, period);
      return { tally: tallyOf(rows), walletCurrency: user.currency, period, asOf };
    },
  });
}

function monthOf(now: Date, timeZone: string): Period {
  const first = startOfUnit(localDate(now, timeZone), 'MONTH');
  return {
    from: startOfLocalDate(first, timeZone),
    to: startOfLocalDate(addToDate(first, 1, 'MONTH'), timeZone),
  };
}
