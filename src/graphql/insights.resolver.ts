import { Arg, Authorized, Ctx, ID, Query, Resolver } from 'type-graphql';
import type { Scope } from '../access/scopes.js';
import { findInsights } from '../analytics/user-insights.js';
import { getUser, showFor } from './analytics-input.js';
import type { Context } from './context.js';
import { UserInsightsType } from './insights.type.js';
import { CurrencyCode } from './scalars.js';

@Resolver()
export class InsightsResolver {
  @Authorized<Scope>('analytics:read')
  @Query(() => UserInsightsType, { description: "A user's habits and present month." })
  async userInsights(
    @Ctx() context: Context,
    @Arg('userId', () => ID, { description: 'Whose habits.' }) userId: string,
    @Arg('currency', () => CurrencyCode, {
      nullable: true,
      description: "The currency of all amounts; the wallet's, when omitted.",
    })
    currency?: string,
  ): Promise<UserInsightsType> {
    const user = await getUser(context, userId);
    const show = showFor(context, currency, user.currency);
    const asOf = context.clock.now();
    return new UserInsightsType(user.id, await findInsights(context.orm.em, user, asOf), show, asOf);
  }
}
