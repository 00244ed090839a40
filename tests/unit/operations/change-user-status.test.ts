import { describe, expect, it } from '@jest/globals';
import { type User, type UserStatus, userStatuses } from '../../../src/ledger/user.js';
import { changeUserStatus } from '../../../src/operations/change-user-status.js';
import { MIDDAY, makeUser, partsOf, refusalOf, Wallet } from '../../support/ledger.js';

const ask = (status: UserStatus, reason?: string) =>
  changeUserStatus({ userId: 'alice', status, reason }, 'root');
const empty = { posted: 0n, held: 0n };

const allowed = ['ACTIVE SUSPENDED', 'SUSPENDED ACTIVE', 'ACTIVE CLOSED', 'SUSPENDED CLOSED'];
const pairs = userStatuses.flatMap((from) =>
  userStatuses.map((to) => ({ from, to, ok: allowed.includes(`${from} ${to}`) })),
);

describe("a user's status", () => {
  it.each(pairs.filter(({ ok }) => ok))('goes from $from to $to', ({ from, to }) => {
    const wallet = new Wallet({ user: makeUser({ status: from, ...empty }) });
    const { user } = wallet.run(ask(to, 'As asked'));
    expect(user).toMatchObject({ status: to, version: 1, updatedAt: MIDDAY });
    expect(wallet.appended.postings).toEqual([]);
    const [draft] = wallet.appended.drafts;
    expect(draft).toMatchObject({
      type: 'USER_STATUS_CHANGED',
      userId: 'alice',
      version: 1,
      transactionId: null,
    });
    expect(JSON.parse(draft?.payload ?? '')).toEqual({
      balance: { currency: 'MYR', posted: '0', held: '0', version: 1 },
      userStatus: to,
      actor: 'root',
      reason: 'As asked',
    });
  });

  it.each(pairs.filter(({ ok }) => !ok))('does not go from $from to $to', ({ from, to }) => {
    const wallet = new Wallet({ user: makeUser({ status: from, ...empty }) });
    const before = wallet.snapshot();
    expect(partsOf(refusalOf(() => wallet.run(ask(to))))).toEqual({
      code: 'INVALID_USER_STATUS_TRANSITION',
      message: `The user is ${from} and cannot become ${to}.`,
      path: ['input', 'status'],
      details: { status: from },
    });
    expect(wallet.snapshot()).toBe(before);
  });

  it('has nine pairs, four of them allowed', () => {
    expect(pairs).toHaveLength(9);
    expect(pairs.filter(({ ok }) => ok)).toHaveLength(4);
  });

  it.each<[Partial<User>]>([
    [{ posted: 1n, held: 0n }],
    [{ posted: 1n, held: 1n }],
    [{ posted: 1n, held: 0n, status: 'SUSPENDED' }],
  ])('does not become CLOSED with %j', (values) => {
    const wallet = new Wallet({ user: makeUser(values) });
    const before = wallet.snapshot();
    expect(partsOf(refusalOf(() => wallet.run(ask('CLOSED'))))).toEqual({
      code: 'USER_NOT_EMPTY',
      message: 'The wallet must be empty, with nothing held, before the user is closed.',
      path: ['input', 'status'],
      details: { status: wallet.user.status },
    });
    expect(wallet.snapshot()).toBe(before);
  });

  it('is suspended with money in the wallet', () => {
    expect(new Wallet().run(ask('SUSPENDED')).user.status).toBe('SUSPENDED');
  });

  it('of nobody cannot change', () => {
    expect(refusalOf(() => new Wallet({ user: undefined }).run(ask('CLOSED'))).code).toBe('USER_NOT_FOUND');
    expect(refusalOf(() => changeUserStatus({ userId: 'a b', status: 'CLOSED' }, 'root')).code).toBe(
      'USER_NOT_FOUND',
    );
  });

  it.each(['', 'x'.repeat(501), 'line\nbreak'])('does not change for the reason %j', (reason) => {
    expect(refusalOf(() => ask('SUSPENDED', reason)).code).toBe('INVALID_REASON');
  });
});
