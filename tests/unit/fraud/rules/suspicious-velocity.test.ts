import { describe, expect, it } from '@jest/globals';
import { suspiciousVelocity } from '../../../../src/fraud/rules/suspicious-velocity.js';
import { MIDDAY, makeHistory, makeSubject } from '../../../support/ledger.js';

const settings = { threshold: 10, windowSeconds: 3_600, points: 20 };

function check(ages: readonly number[]) {
  const newest = ages.map((age) => MIDDAY.getTime() - age);
  return suspiciousVelocity.check(makeSubject(), makeHistory({ newest }), settings);
}

const ten = Array.from({ length: 10 }, (_, index) => index * 1_000);

describe('SUSPICIOUS_VELOCITY', () => {
  it('lets the eleventh transaction of an hour pass', () => {
    expect(check(ten)).toBeUndefined();
  });

  it('flags the twelfth of an hour, with its evidence', () => {
    expect(check([...ten, 3_599_999])).toEqual({
      reason: 'More than 10 earlier transactions in the last 1 hour.',
      observed: 'at least 11 earlier transactions in 1 hour',
      threshold: 'more than 10 in 1 hour',
    });
  });

  it('does not count one that is exactly an hour old', () => {
    expect(check([...ten, 3_600_000])).toBeUndefined();
  });

  it('needs the newest eleven', () => {
    expect(suspiciousVelocity.reach(settings)).toEqual({ newest: 11 });
  });
});
