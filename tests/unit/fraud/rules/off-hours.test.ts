import { describe, expect, it } from '@jest/globals';
import { offHours } from '../../../../src/fraud/rules/off-hours.js';
import { makeHistory, makeSubject } from '../../../support/ledger.js';

const settings = { startHour: 23, endHour: 5, points: 20 };

function check(at: string, timeZone: string, hours = settings) {
  return offHours.check(makeSubject({ at: new Date(at), timeZone }), makeHistory(), hours);
}

describe('OFF_HOURS', () => {
  it.each([
    ['Asia/Kuala_Lumpur', '2026-03-10T14:59:59.999Z', false],
    ['Asia/Kuala_Lumpur', '2026-03-10T15:00:00.000Z', true],
    ['Asia/Kuala_Lumpur', '2026-03-10T16:00:00.000Z', true],
    ['Asia/Kuala_Lumpur', '2026-03-10T20:59:59.999Z', true],
    ['Asia/Kuala_Lumpur', '2026-03-10T21:00:00.000Z', false],
    ['Asia/Kathmandu', '2026-03-10T17:14:59.000Z', false],
    ['Asia/Kathmandu', '2026-03-10T17:15:00.000Z', true],
    ['America/New_York', '2026-01-15T03:59:59.000Z', false],
    ['America/New_York', '2026-01-15T04:00:00.000Z', true],
    ['America/New_York', '2026-01-15T09:59:59.000Z', true],
    ['America/New_York', '2026-01-15T10:00:00.000Z', false],
    ['America/New_York', '2026-07-15T02:59:59.000Z', false],
    ['America/New_York', '2026-07-15T03:00:00.000Z', true],
    ['America/New_York', '2026-07-15T08:59:59.000Z', true],
    ['America/New_York', '2026-07-15T09:00:00.000Z', false],
    // The morning on which the clocks go forward: 05:00 comes an hour sooner.
    ['America/New_York', '2026-03-08T08:59:59.000Z', true],
    ['America/New_York', '2026-03-08T09:00:00.000Z', false],
    ['Pacific/Kiritimati', '2026-03-10T09:00:00.000Z', true],
  ])('in %s at %s is flagged: %s', (timeZone, at, flagged) => {
    expect(check(at, timeZone) !== undefined).toBe(flagged);
  });

  it('tells the hour, the zone and the span', () => {
    expect(check('2026-03-10T15:30:00.000Z', 'Asia/Kuala_Lumpur')).toEqual({
      reason: 'Made at night in Asia/Kuala_Lumpur.',
      observed: 'hour 23:00 in Asia/Kuala_Lumpur',
      threshold: 'from 23:00 to 05:00',
    });
  });

  it.each([
    ['00:59:59', false],
    ['01:00:00', true],
    ['03:59:59', true],
    ['04:00:00', false],
  ])('with a span that does not cross midnight, from 1 to 4, at %s UTC is flagged: %s', (time, flagged) => {
    const span = { ...settings, startHour: 1, endHour: 4 };
    expect(check(`2026-03-10T${time}.000Z`, 'UTC', span) !== undefined).toBe(flagged);
  });

  it('never flags when the span is empty', () => {
    expect(
      check('2026-03-10T02:00:00.000Z', 'UTC', { ...settings, startHour: 2, endHour: 2 }),
    ).toBeUndefined();
  });
});
