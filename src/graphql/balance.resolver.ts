import { Arg, Authorized, Ctx, FieldResolver, ID, Query, Resolver, Root } from 'type-graphql';
import type { Scope } from '../access/scopes.js';
import type { BalanceRecord } from '../events/payload.js';
import type { User } from '../ledger/user.js';
import { unsupportedCurrency } from '../operations/check-amount.js';
import { userNotFound } from '../operations/check-user.js';
import { balanceAt } from '../queries/balance-at.js';
import { BalanceType, inCurrency } from './balance.type.js';
import type { Context } from './context.js';
import { badUserInput } from './errors.js';
import { CurrencyCode, DateTime } from './scalars.js';
import { UserType } from './user.type.js';

const AT = 'An instant of the past; now, when omitted.';
const CURRENCY = "Convert the amounts to this currency at today's rates.";

@Resolver(() => UserType)
export class BalanceResolver {
  @Authorized<Scope>('users:read')
  @Query(() => BalanceType, { description: "A user's wallet, now or at any instant of the past." })
  async balance(
    @Ctx() context: Context,
    @Arg('userId', () => ID, { description: 'Whose wallet.' }) userId: string,
    @Arg('at', () => DateTime, { nullable: true, description: AT }) at?: Date,
    @Arg('currency', () => CurrencyCode, { nullable: true, description: CURRENCY }) currency?: string,
  ): Promise<BalanceType> {
    const user = await context.loaders.user.load(userId);
    if (!user) throw userNotFound(userId, ['userId']);
    return readBalance(context, user, at, currency);
  }

  @Authorized<Scope>('users:read')
  @FieldResolver(() => BalanceType, {
    name: 'balance',
    description: 'The wallet, now or at any instant of the past.',
  })
  userBalance(
    @Root() { row }: UserType,
    @Ctx() context: Context,
    @Arg('at', () => DateTime, { nullable: true, description: AT }) at?: Date,
    @Arg('currency', () => CurrencyCode, { nullable: true, description: CURRENCY }) currency?: string,
  ): Promise<BalanceType> {
    return readBalance(context, row, at, currency);
  }
}

async function readBalance(
  context: Context,
  user: User,
  at: Date | undefined,
  currency: string | undefined,
): Promise<BalanceType> {
  const { settings, clock, orm } = context;
  const now = clock.now();
  if (at && at > now) throw badUserInput('at must not be in the future.', ['at']);
  if (currency && !settings.rates.perUnit.has(currency))
    throw unsupportedCurrency(currency, settings, ['currency']);
  const record: BalanceRecord = at ? await balanceAt(orm.em, user, at) : user;
  return new BalanceType(
    user.id,
    currency && currency !== record.currency ? inCurrency(record, settings.rates, currency) : record,
    at ?? now,
  );
}
