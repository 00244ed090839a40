import { describe, expect, it } from '@jest/globals';
import { availableOf, isUserId, userStatuses, userStatusTransitions } from '../../../src/ledger/user.js';

describe('a user', () => {
  it('has a status that goes back and forth until it is closed', () => {
    expect(userStatusTransitions).toEqual({
      ACTIVE: ['SUSPENDED', 'CLOSED'],
      SUSPENDED: ['ACTIVE', 'CLOSED'],
      CLOSED: [],
    });
    expect(userStatuses).toEqual(['ACTIVE', 'SUSPENDED', 'CLOSED']);
  });

  it('has what is posted less what is held at hand', () => {
    expect(availableOf({ posted: 1_000n, held: 0n })).toBe(1_000n);
    expect(availableOf({ posted: 1_000n, held: 999n })).toBe(1n);
    expect(availableOf({ posted: 1_000n, held: 1_000n })).toBe(0n);
  });

  it.each(['a', 'A-Z_09', 'x'.repeat(36), '-', '_'])('may have the id %j', (id) => {
    expect(isUserId(id)).toBe(true);
  });

  it.each(['', 'x'.repeat(37), 'a b', 'a\n', 'é', 'a.b', 'a:b', "a'"])('may not have the id %j', (id) => {
    expect(isUserId(id)).toBe(false);
  });
});
