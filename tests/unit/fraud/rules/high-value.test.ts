import { describe, expect, it } from '@jest/globals';
import { highValue } from '../../../../src/fraud/rules/high-value.js';
import { makeHistory, makeSubject } from '../../../support/ledger.js';

const settings = { threshold: 1_000_000n, points: 20 };
const check = (baseAmount: bigint) => highValue.check(makeSubject({ baseAmount }), makeHistory(), settings);

describe('HIGH_VALUE', () => {
  it.each([999_999n, 1_000_000n])('lets %s minor units pass', (baseAmount) => {
    expect(check(baseAmount)).toBeUndefined();
  });

  it('flags 10,000.01 MYR, with its evidence', () => {
    expect(check(1_000_001n)).toEqual({
      reason: 'The equivalent of more than 10000.00 MYR.',
      observed: '10000.01 MYR',
      threshold: 'more than 10000.00 MYR',
    });
  });

  it('needs no history', () => {
    expect(highValue.reach(settings)).toEqual({});
  });
});
