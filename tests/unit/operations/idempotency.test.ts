import { describe, expect, it } from '@jest/globals';
import { checkIdempotencyKey, hashRequest, isIdempotencyKey } from '../../../src/operations/idempotency.js';
import { partsOf, refusalOf } from '../../support/ledger.js';

describe('an idempotency key', () => {
  it.each(['k', '!', '~', 'x'.repeat(128), '6f9619ff-8b86-d011-b42d-00cf4fc964ff', `"quotes'`])(
    'may be %j',
    (key) => {
      expect(checkIdempotencyKey(key)).toBe(key);
    },
  );

  it.each(['', ' ', 'a b', 'x'.repeat(129), 'é', '٣', 'a\n', '\u007f', '\u0000'])('may not be %j', (key) => {
    expect(isIdempotencyKey(key)).toBe(false);
    expect(partsOf(refusalOf(() => checkIdempotencyKey(key)))).toEqual({
      code: 'INVALID_IDEMPOTENCY_KEY',
      message:
        'idempotencyKey must be 1 to 128 visible ASCII characters; make a new one, such as a UUID, for every payment.',
      path: ['input', 'idempotencyKey'],
      details: {},
    });
  });
});

describe("a request's hash", () => {
  it('is the same for the same input, whatever the order of its keys', () => {
    const hash = hashRequest('refund', { a: 1, b: { c: [1, 2], d: null } });
    expect(hash).toMatch(/^[0-9a-f]{64}$/);
    expect(hashRequest('refund', { b: { d: null, c: [1, 2] }, a: 1 })).toBe(hash);
  });

  it('differs by operation, value, place, type and order of a list', () => {
    const hashes = [
      hashRequest('refund', { a: 1 }),
      hashRequest('reverse', { a: 1 }),
      hashRequest('refund', { a: 2 }),
      hashRequest('refund', { a: '1' }),
      hashRequest('refund', { b: 1 }),
      hashRequest('refund', { a: [1, 2] }),
      hashRequest('refund', { a: [2, 1] }),
      hashRequest('refund', { a: null }),
      hashRequest('refund', {}),
    ];
    expect(new Set(hashes).size).toBe(hashes.length);
  });
});
