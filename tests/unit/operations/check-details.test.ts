import { describe, expect, it } from '@jest/globals';
import type { ErrorCode } from '../../../src/errors.js';
import { checkMerchant, checkMetadata } from '../../../src/operations/check-details.js';
import { partsOf, refusalOf } from '../../support/ledger.js';

const nested = (depth: number): unknown => JSON.parse(`{"a":${'['.repeat(depth)}${']'.repeat(depth)}}`);

describe('metadata', () => {
  it.each([
    [{}],
    [{ a: 1, b: 'x', c: [true, null, { d: -1.5 }] }],
    [{ big: Number.MAX_SAFE_INTEGER, small: Number.MIN_SAFE_INTEGER }],
    [{ text: '12345678901234567890', emoji: '😀', '': '' }],
    [{ amount: '1', createdAt: 'yesterday' }],
    [JSON.parse('{"__proto__": {"polluted": true}, "constructor": 1}')],
    [{ a: 'x'.repeat(8 * 1024 - 8) }],
  ])('%j is kept as it was given', (metadata) => {
    expect(JSON.stringify(checkMetadata(metadata))).toBe(JSON.stringify(metadata));
  });

  it.each([null, undefined])('may be %s', (metadata) => {
    expect(checkMetadata(metadata)).toBeNull();
  });

  it.each([
    [[], 'metadata must be a JSON object.'],
    ['text', 'metadata must be a JSON object.'],
    [7, 'metadata must be a JSON object.'],
    [true, 'metadata must be a JSON object.'],
    [{ a: 'x'.repeat(8 * 1024 - 7) }, 'metadata takes 8193 bytes; at most 8192 are kept.'],
    [{ a: '😀'.repeat(2_047) }, 'metadata takes 8196 bytes; at most 8192 are kept.'],
    [
      { a: 2 ** 53 },
      'metadata has a number too large to be kept exactly (9007199254740992): send it as a string.',
    ],
    [
      { a: [{ b: -(2 ** 53) }] },
      'metadata has a number too large to be kept exactly (-9007199254740992): send it as a string.',
    ],
    [
      { a: Number.POSITIVE_INFINITY },
      'metadata has a number too large to be kept exactly (Infinity): send it as a string.',
    ],
  ])('may not be %j', (metadata, message) => {
    expect(partsOf(refusalOf(() => checkMetadata(metadata)))).toEqual({
      code: 'INVALID_METADATA',
      message,
      path: ['input', 'metadata'],
      details: {},
    });
  });

  it('has at most a hundred levels, so that whatever is kept can be written again', () => {
    expect(checkMetadata(nested(99))).toEqual(nested(99));
    for (const depth of [100, 2_272, 4_000]) {
      expect(partsOf(refusalOf(() => checkMetadata(nested(depth))))).toEqual({
        code: 'INVALID_METADATA',
        message: 'metadata is nested too deeply: at most 100 levels are kept.',
        path: ['input', 'metadata'],
        details: {},
      });
    }
  });
});

describe('a merchant', () => {
  it.each(['x', 'Kedai Kopi & Sons', 'é', '😀'.repeat(255)])('may be called %j', (merchantName) => {
    expect(checkMerchant({ merchantName }, false)).toEqual({ merchantName, merchantCategory: null });
  });

  it.each(['a', 'food', 'food_and_drink', 'mcc_5812', 'a1', 'a'.repeat(50)])(
    'may be a %s',
    (merchantCategory) => {
      expect(checkMerchant({ merchantCategory }, false)).toEqual({ merchantName: null, merchantCategory });
    },
  );

  it('may be missing unless it is required', () => {
    expect(checkMerchant({}, false)).toEqual({ merchantName: null, merchantCategory: null });
    expect(checkMerchant({ merchantName: null, merchantCategory: undefined }, false)).toEqual({
      merchantName: null,
      merchantCategory: null,
    });
  });

  it.each<[Parameters<typeof checkMerchant>[0], ErrorCode, string]>([
    [{}, 'INVALID_MERCHANT_NAME', 'A purchase needs a merchantName.'],
    [{ merchantName: 'x' }, 'INVALID_MERCHANT_CATEGORY', 'A purchase needs a merchantCategory.'],
    [{ merchantName: '', merchantCategory: 'a' }, 'INVALID_MERCHANT_NAME', 'merchantName must not be empty.'],
    [
      { merchantName: 'x'.repeat(256), merchantCategory: 'a' },
      'INVALID_MERCHANT_NAME',
      'merchantName has 256 characters; at most 255 are allowed.',
    ],
    [
      { merchantName: 'a\tb', merchantCategory: 'a' },
      'INVALID_MERCHANT_NAME',
      'merchantName must not contain control characters or broken Unicode.',
    ],
  ])('%j is refused with %s', (merchant, code, message) => {
    expect(partsOf(refusalOf(() => checkMerchant(merchant, true)))).toMatchObject({ code, message });
  });

  it.each(['', 'Food', 'food-drink', '_food', 'food_', 'a__b', '1a', 'fo od', 'a'.repeat(51), 'food\n'])(
    'may not be a %j',
    (merchantCategory) => {
      const refusal = refusalOf(() => checkMerchant({ merchantCategory }, false));
      expect(refusal.code).toBe('INVALID_MERCHANT_CATEGORY');
      expect(refusal.inputPath).toEqual(['input', 'merchantCategory']);
    },
  );
});
