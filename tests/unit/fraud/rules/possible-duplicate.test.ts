import { describe, expect, it } from '@jest/globals';
import { possibleDuplicate } from '../../../../src/fraud/rules/possible-duplicate.js';
import { MIDDAY, makeHistory, makeSubject } from '../../../support/ledger.js';

const settings = { windowSeconds: 300, points: 0 };

function check(ageMs: number | undefined) {
  const sameAt = ageMs === undefined ? undefined : MIDDAY.getTime() - ageMs;
  return possibleDuplicate.check(makeSubject(), makeHistory({ sameAt }), settings);
}

describe('POSSIBLE_DUPLICATE', () => {
  it.each([undefined, 300_000, 300_001])('lets one pass whose like was made %s ms before', (age) => {
    expect(check(age)).toBeUndefined();
  });

  it.each([
    [0, 0],
    [999, 0],
    [1_000, 1],
    [299_999, 299],
  ])('flags one whose like was made %i ms before, and says so in %i whole seconds', (age, seconds) => {
    expect(check(age)).toEqual({
      reason: 'One just like it was made shortly before.',
      observed: `the same ${seconds} s earlier`,
      threshold: 'within 5 minutes',
    });
  });

  it('sees five minutes back', () => {
    expect(possibleDuplicate.reach(settings)).toEqual({ sameSeconds: 300 });
  });
});
