import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  type CalendarUnit,
  DAY_MS,
  firstDayAfter,
  firstDayOf,
  firstOfMonth,
  formatDay,
  localHour,
  parseDay,
  startOfLocalDay,
  WallClock,
} from '../../src/local-time.js';

const zones = fc.constantFrom(
  'Asia/Kuala_Lumpur',
  'Asia/Kolkata',
  'Asia/Beirut',
  'Africa/Cairo',
  'Africa/Casablanca',
  'America/Havana',
  'America/New_York',
  'Australia/Lord_Howe',
  'Europe/Berlin',
  'UTC',
);

const instants = fc
  .date({ min: new Date('2024-01-01T00:00:00Z'), max: new Date('2027-12-31T00:00:00Z'), noInvalidDate: true })
  .map((date) => date.getTime());

const dayOf = (date: string) => parseDay(date) as number;

describe('a wall clock', () => {
  it('shows the hours and days that the time zone has, at any instant of its interval', () => {
    fc.assert(
      fc.property(zones, fc.array(instants, { minLength: 1, maxLength: 20 }), (timeZone, all) => {
        const clock = new WallClock(timeZone, Math.min(...all) - DAY_MS, Math.max(...all) + DAY_MS);
        for (const at of all) {
          const date = new Date(at);
          expect(clock.hourOf(at)).toBe(localHour(date, timeZone));
          expect(formatDay(clock.dayOf(at))).toBe(date.toLocaleDateString('sv', { timeZone }));
          expect(clock.startOf(clock.dayOf(at))).toBe(startOfLocalDay(date, timeZone).getTime());
        }
      }),
      { numRuns: 300 },
    );
  });

  it.each([
    ['America/New_York', '2026-03-08', '2026-03-08T05:00:00.000Z', 23],
    ['America/New_York', '2026-11-01', '2026-11-01T04:00:00.000Z', 25],
    ['Australia/Lord_Howe', '2026-04-05', '2026-04-04T13:00:00.000Z', 24.5],
    ['Africa/Cairo', '2026-04-24', '2026-04-23T22:00:00.000Z', 23],
    ['America/Havana', '2026-11-01', '2026-11-01T04:00:00.000Z', 25],
    ['Asia/Kolkata', '2028-02-29', '2028-02-28T18:30:00.000Z', 24],
    ['Pacific/Apia', '2011-12-29', '2011-12-29T10:00:00.000Z', 24],
    // Samoa skipped this date.
    ['Pacific/Apia', '2011-12-30', '2011-12-30T10:00:00.000Z', 0],
  ])('in %s begins %s at %s, for %d hours', (timeZone, date, start, hours) => {
    const day = dayOf(date);
    const clock = new WallClock(timeZone, (day - 2) * DAY_MS, (day + 2) * DAY_MS);
    expect(new Date(clock.startOf(day)).toISOString()).toBe(start);
    expect((clock.startOf(day + 1) - clock.startOf(day)) / 3_600_000).toBe(hours);
  });

  it('is the same clock on either side of its interval', () => {
    const noon = Date.parse('2026-07-01T12:00:00Z');
    const clock = new WallClock('Asia/Kuala_Lumpur', noon, noon);
    expect([noon - DAY_MS, noon, noon + DAY_MS].map((at) => clock.hourOf(at))).toEqual([20, 20, 20]);
  });
});

describe('a calendar', () => {
  it.each<[CalendarUnit, string, string, string]>([
    ['DAY', '2028-02-28', '2028-02-28', '2028-02-29'],
    ['DAY', '2027-02-28', '2027-02-28', '2027-03-01'],
    ['MONTH', '2028-02-29', '2028-02-01', '2028-03-01'],
    ['MONTH', '2026-12-31', '2026-12-01', '2027-01-01'],
    // The 53rd week of 2026 goes over New Year; 2026-12-27 is a Sunday.
    ['WEEK', '2026-12-27', '2026-12-21', '2026-12-28'],
    ['WEEK', '2026-12-28', '2026-12-28', '2027-01-04'],
    ['WEEK', '2027-01-03', '2026-12-28', '2027-01-04'],
    ['WEEK', '2027-01-04', '2027-01-04', '2027-01-11'],
    ['WEEK', '1969-12-31', '1969-12-29', '1970-01-05'],
  ])('has the %s of %s from %s to %s', (unit, date, first, after) => {
    expect(formatDay(firstDayOf(unit, dayOf(date)))).toBe(first);
    expect(formatDay(firstDayAfter(unit, dayOf(date)))).toBe(after);
  });

  it('counts months over the end of a year', () => {
    expect(formatDay(firstOfMonth(dayOf('2027-01-31'), -1))).toBe('2026-12-01');
    expect(formatDay(firstOfMonth(dayOf('2026-12-31'), 1))).toBe('2027-01-01');
  });

  it('reads only dates that there are', () => {
    expect(parseDay('1970-01-02')).toBe(1);
    for (const text of ['2026-02-29', '2026-13-01', '2026-1-1', 'today', '', '2026-01-01T00:00:00Z']) {
      expect(parseDay(text)).toBeUndefined();
    }
  });
});
