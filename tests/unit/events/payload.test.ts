import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type Payload, readPayload, writePayload } from '../../../src/events/payload.js';
import { idOf, MIDDAY, makeTransaction } from '../../support/ledger.js';

const balance = { currency: 'MYR', posted: 90_000n, held: 0n, version: 2 };
const roundTrip = (payload: Payload) => readPayload(writePayload(payload));

describe("an event's payload", () => {
  it('reads back as it was written, amounts and instants included', () => {
    const payload: Payload = {
      balance: { ...balance, posted: 2n ** 62n },
      change: { posted: -10_000n, held: 10_000n },
      transaction: makeTransaction({
        amount: -1n,
        originalId: idOf(1),
        reviewDecision: 'APPROVE',
        reviewedAt: MIDDAY,
        reversedAt: MIDDAY,
        fraudFlags: ['OFF_HOURS'],
      }),
      userStatus: 'SUSPENDED',
      actor: 'ann',
      reason: 'Asked for it',
    };
    expect(roundTrip(payload)).toEqual(payload);
  });

  it('reads back without what it has not', () => {
    expect(roundTrip({ balance })).toEqual({ balance });
    expect(Object.keys(roundTrip({ balance }))).toEqual(['balance']);
  });

  it('leaves what callers and rules wrote alone, whatever its keys are called', () => {
    const words = {
      amount: '12',
      createdAt: '2026-03-10',
      posted: 'x',
      held: null,
      nested: { walletAmount: '7' },
    };
    const transaction = makeTransaction({
      metadata: words,
      fraudHits: [{ flag: 'OFF_HOURS', points: 20, reason: 'amount', observed: '1', threshold: '2' }],
      failure: {
        code: 'INSUFFICIENT_BALANCE',
        message: 'Too little.',
        path: ['input', 'amount'],
        details: { available: { minor: '5', currency: 'MYR' }, amount: '9' },
      },
    });
    expect(roundTrip({ balance, transaction }).transaction).toEqual(transaction);
  });

  it('reads any metadata back, and any amount', () => {
    const metadata = fc
      .dictionary(fc.string(), fc.jsonValue())
      .map((value) => JSON.parse(JSON.stringify(value)));
    fc.assert(
      fc.property(metadata, fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (value, amount) => {
        const { transaction } = roundTrip({
          balance,
          transaction: makeTransaction({ metadata: value, amount }),
        });
        expect(transaction?.amount).toBe(amount);
        expect(JSON.stringify(transaction?.metadata)).toBe(JSON.stringify(value));
      }),
    );
  });
});
