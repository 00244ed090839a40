import { describe, expect, it } from '@jest/globals';
import { highVelocity } from '../../../../src/fraud/rules/high-velocity.js';
import { MIDDAY, makeHistory, makeSubject } from '../../../support/ledger.js';

const settings = { threshold: 5, windowSeconds: 600, points: 20 };
const ago = (ms: number) => MIDDAY.getTime() - ms;

/** What the rule says of a transaction after earlier ones, each so many milliseconds ago. */
function check(...ages: number[]) {
  return highVelocity.check(makeSubject(), makeHistory({ newest: ages.map(ago) }), settings);
}

describe('HIGH_VELOCITY', () => {
  it('lets the sixth transaction of ten minutes pass', () => {
    expect(check(0, 1, 2, 3, 4)).toBeUndefined();
  });

  it('flags the seventh of ten minutes, with its evidence', () => {
    expect(check(0, 1, 2, 3, 4, 5)).toEqual({
      reason: 'More than 5 earlier transactions in the last 10 minutes.',
      observed: 'at least 6 earlier transactions in 10 minutes',
      threshold: 'more than 5 in 10 minutes',
    });
  });

  it('counts one made a millisecond less than ten minutes ago and not one exactly as old', () => {
    expect(check(0, 1, 2, 3, 4, 599_999)).toBeDefined();
    expect(check(0, 1, 2, 3, 4, 600_000)).toBeUndefined();
  });

  it('needs only the newest six, however many there are', () => {
    expect(check(...Array.from({ length: 50 }, (_, index) => index))?.observed).toBe(
      'at least 6 earlier transactions in 10 minutes',
    );
    expect(highVelocity.reach(settings)).toEqual({ newest: 6 });
  });

  it('takes its threshold and window from its settings', () => {
    const history = makeHistory({ newest: [ago(59_999)] });
    const strict = { threshold: 0, windowSeconds: 60, points: 20 };
    expect(highVelocity.check(makeSubject(), history, strict)).toEqual({
      reason: 'More than 0 earlier transactions in the last 1 minute.',
      observed: 'at least 1 earlier transactions in 1 minute',
      threshold: 'more than 0 in 1 minute',
    });
  });
});
