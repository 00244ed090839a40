import { describe, expect, it } from '@jest/globals';
import { readPayload } from '../../../src/events/payload.js';
import type { Change, Command } from '../../../src/operations/command.js';
import { idOf, MIDDAY, makeTransaction, makeUser, Wallet } from '../../support/ledger.js';

/** A command that decides on this change, whatever it finds. */
function deciding(change: Change): Command<void> {
  return {
    operation: 'test',
    userId: 'alice',
    needs: {},
    decide: () => ({ change, outcome: () => undefined }),
  };
}

describe('carrying out a change', () => {
  it.each([
    [{ postedChange: -1n }, 2],
    [{ heldChange: 1n }, 2],
    [{ postedChange: -1n, heldChange: 1n }, 2],
    [{ postedChange: 0n, heldChange: 0n }, 1],
    [{}, 1],
  ])('%j leaves version 1 at %i', (change, version) => {
    const wallet = new Wallet();
    wallet.run(deciding({ event: 'TRANSACTION_CREATED', ...change }));
    expect(wallet.user.version).toBe(version);
    expect(wallet.appended.drafts[0]?.version).toBe(version);
    expect(wallet.user.updatedAt).toBe(MIDDAY);
  });

  it.each([
    [{ posted: 100n, held: 0n }, { postedChange: -101n }],
    [{ posted: 100n, held: 40n }, { postedChange: -61n }],
    [{ posted: 100n, held: 40n }, { heldChange: 61n }],
    [{ posted: 100n, held: 40n }, { heldChange: -41n }],
  ])(
    'from %j stops at a decision that would break the balance, before it changes anything: %j',
    (balance, change) => {
      const wallet = new Wallet({ user: makeUser(balance) });
      const before = wallet.snapshot();
      const broken = {
        event: 'TRANSACTION_CREATED',
        created: makeTransaction(),
        userStatus: 'CLOSED',
        ...change,
      } as const;
      expect(() => wallet.run(deciding(broken))).toThrow(
        'a decision would leave user alice with a broken balance',
      );
      expect(wallet.snapshot()).toBe(before);
    },
  );

  it('appends an event with the balance as it leaves it, what changed and the transaction', () => {
    const wallet = new Wallet();
    const created = makeTransaction({ id: idOf(9) });
    wallet.run(
      deciding({
        event: 'TRANSACTION_CREATED',
        created,
        about: created,
        postedChange: -10_000n,
        actor: 'ann',
      }),
    );
    const [draft] = wallet.appended.drafts;
    expect(draft).toMatchObject({
      userId: 'alice',
      version: 2,
      type: 'TRANSACTION_CREATED',
      transactionId: idOf(9),
      occurredAt: MIDDAY,
    });
    expect(readPayload(draft?.payload ?? '')).toEqual({
      balance: { currency: 'MYR', posted: 90_000n, held: 0n, version: 2 },
      change: { posted: -10_000n, held: 0n },
      transaction: created,
      actor: 'ann',
    });
  });

  it('gives each posting an id of its own, the transaction and the instant', () => {
    const wallet = new Wallet();
    const movement = { amount: 1n, currency: 'MYR', source: 'funding', destination: 'fx' };
    wallet.run(
      deciding({
        event: 'TRANSACTION_CREATED',
        about: makeTransaction({ id: idOf(9) }),
        movements: [movement, movement],
      }),
    );
    const posting = { transactionId: idOf(9), userId: 'alice', ...movement, createdAt: MIDDAY };
    expect(wallet.appended.postings).toEqual([
      { id: idOf(1), ...posting },
      { id: idOf(2), ...posting },
    ]);
  });
});
