import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { GENESIS_HASH } from '../../../src/events/event.js';
import { hashEvent, type Unhashed } from '../../../src/events/hash-chain.js';
import { idOf, MIDDAY } from '../../support/ledger.js';

const event: Unhashed = {
  position: 1,
  userId: 'alice',
  version: 2,
  type: 'TRANSACTION_CREATED',
  transactionId: idOf(1),
  occurredAt: MIDDAY,
  payload: '{"balance":{}}',
};

describe("an event's hash", () => {
  it('is SHA-256 over the previous hash and the values, as one JSON array', () => {
    const text = `["${GENESIS_HASH}",1,"alice",2,"TRANSACTION_CREATED","${idOf(1)}","2026-03-10T04:00:00.000Z","{\\"balance\\":{}}"]`;
    expect(hashEvent(GENESIS_HASH, event)).toBe(createHash('sha256').update(text).digest('hex'));
  });

  it('is the same for the same event', () => {
    expect(hashEvent(GENESIS_HASH, { ...event })).toBe(hashEvent(GENESIS_HASH, event));
  });

  it.each<[Partial<Unhashed>]>([
    [{ position: 2 }],
    [{ userId: 'bob' }],
    [{ version: 3 }],
    [{ type: 'TRANSACTION_REVIEWED' }],
    [{ transactionId: idOf(2) }],
    [{ transactionId: null }],
    [{ occurredAt: new Date(MIDDAY.getTime() + 1) }],
    [{ payload: '{"balance":{} }' }],
    [{ position: 12, userId: 'lice' }],
  ])('is another one with %j', (values) => {
    expect(hashEvent(GENESIS_HASH, { ...event, ...values })).not.toBe(hashEvent(GENESIS_HASH, event));
  });

  it('is another one after another event', () => {
    expect(hashEvent('1'.repeat(64), event)).not.toBe(hashEvent(GENESIS_HASH, event));
  });

  it('does not take a value from its neighbour', () => {
    const a = hashEvent(GENESIS_HASH, { ...event, userId: 'a"', payload: 'b' });
    const b = hashEvent(GENESIS_HASH, { ...event, userId: 'a', payload: '"b' });
    expect(a).not.toBe(b);
  });
});
