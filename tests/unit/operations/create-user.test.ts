import { describe, expect, it } from '@jest/globals';
import type { ErrorCode } from '../../../src/errors.js';
import { type CreateUserInput, createUser } from '../../../src/operations/create-user.js';
import { MIDDAY, partsOf, refusalOf, settingsWith, Wallet } from '../../support/ledger.js';

const settings = settingsWith();
const ask = (values: Partial<CreateUserInput> = {}) =>
  createUser(
    {
      id: 'bob',
      email: 'Bob@Example.com',
      fullName: 'Bob Lim',
      currency: 'SGD',
      timeZone: 'Asia/Singapore',
      ...values,
    },
    'generated-id',
    settings,
  );
const nobody = (emailKeys: readonly string[] = []) => new Wallet({ user: undefined, emailKeys });

describe('a new user', () => {
  it('is active, with an empty wallet at version 0', () => {
    const wallet = nobody();
    const { user } = wallet.run(ask());
    expect({ ...user }).toEqual({
      id: 'bob',
      email: 'Bob@Example.com',
      emailKey: 'bob@example.com',
      fullName: 'Bob Lim',
      currency: 'SGD',
      timeZone: 'Asia/Singapore',
      status: 'ACTIVE',
      posted: 0n,
      held: 0n,
      version: 0,
      createdAt: MIDDAY,
      updatedAt: MIDDAY,
    });
    expect(wallet.persisted).toEqual([wallet.user]);
    expect(wallet.appended.drafts).toMatchObject([{ type: 'USER_CREATED', userId: 'bob', version: 0 }]);
    expect(wallet.appended.drafts[0]?.payload).toBe(
      '{"balance":{"currency":"SGD","posted":"0","held":"0","version":0},"userStatus":"ACTIVE"}',
    );
  });

  it.each([null, undefined])('is given an id when it is given %s', (id) => {
    expect(nobody().run(ask({ id })).user.id).toBe('generated-id');
    expect(ask({ id }).userId).toBe('generated-id');
  });

  it.each([
    [{ id: 'x'.repeat(36) }],
    [{ email: `${'a'.repeat(64)}@${'b'.repeat(60)}.${'c'.repeat(60)}.${'d'.repeat(60)}.my` }],
    [{ fullName: '😀'.repeat(255) }],
    [{ currency: 'MYR' }],
    [{ timeZone: 'UTC' }],
  ])('may have %j', (values) => {
    expect(nobody().run(ask(values)).user).toMatchObject(values);
  });

  it.each<[Partial<CreateUserInput>, ErrorCode, string]>([
    [{ id: '' }, 'INVALID_USER_ID', 'id'],
    [{ id: 'x'.repeat(37) }, 'INVALID_USER_ID', 'id'],
    [{ id: 'a b' }, 'INVALID_USER_ID', 'id'],
    [{ email: '' }, 'INVALID_EMAIL', 'email'],
    [{ email: 'bob' }, 'INVALID_EMAIL', 'email'],
    [{ email: 'bob@example' }, 'INVALID_EMAIL', 'email'],
    [{ email: 'b ob@example.com' }, 'INVALID_EMAIL', 'email'],
    [{ email: `${'a'.repeat(243)}@example.com` }, 'INVALID_EMAIL', 'email'],
    [{ fullName: '' }, 'INVALID_FULL_NAME', 'fullName'],
    [{ fullName: '   ' }, 'INVALID_FULL_NAME', 'fullName'],
    [{ fullName: 'x'.repeat(256) }, 'INVALID_FULL_NAME', 'fullName'],
    [{ fullName: 'Bob\u0007' }, 'INVALID_FULL_NAME', 'fullName'],
    [{ fullName: 'Bob\ud800' }, 'INVALID_FULL_NAME', 'fullName'],
    [{ currency: 'EUR' }, 'UNSUPPORTED_CURRENCY', 'currency'],
    [{ currency: 'myr' }, 'UNSUPPORTED_CURRENCY', 'currency'],
    [{ timeZone: 'Mars/Olympus' }, 'INVALID_TIME_ZONE', 'timeZone'],
    [{ timeZone: '+08:00' }, 'INVALID_TIME_ZONE', 'timeZone'],
    [{ timeZone: '' }, 'INVALID_TIME_ZONE', 'timeZone'],
  ])('may not have %j', (values, code, member) => {
    const refusal = refusalOf(() => ask(values));
    expect(refusal.code).toBe(code);
    expect(refusal.inputPath).toEqual(['input', member]);
  });

  it('does not take the id of another', () => {
    const wallet = new Wallet({ emailKeys: ['bob@example.com'] });
    const before = wallet.snapshot();
    expect(partsOf(refusalOf(() => wallet.run(ask())))).toEqual({
      code: 'USER_ID_TAKEN',
      message: 'There is a user bob already.',
      path: ['input', 'id'],
      details: {},
    });
    expect(wallet.snapshot()).toBe(before);
  });

  it.each(['bob@example.com', 'BOB@EXAMPLE.COM'])(
    'does not take the e-mail address of another: %s',
    (email) => {
      const wallet = nobody(['bob@example.com']);
      const before = wallet.snapshot();
      expect(partsOf(refusalOf(() => wallet.run(ask({ email }))))).toEqual({
        code: 'EMAIL_TAKEN',
        message: 'Another user has this e-mail address.',
        path: ['input', 'email'],
        details: {},
      });
      expect(wallet.snapshot()).toBe(before);
    },
  );

  it('keeps its id and e-mail address from a later one of the same batch', () => {
    const wallet = nobody();
    wallet.run(ask());
    expect([...wallet.state.emailKeys]).toEqual(['bob@example.com']);
    expect(refusalOf(() => wallet.run(ask())).code).toBe('USER_ID_TAKEN');
  });
});
