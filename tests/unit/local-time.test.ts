import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { isTimeZone, localHour, startOfLocalDay } from '../../src/local-time.js';

describe('a local day', () => {
  it.each([
    ['Asia/Kuala_Lumpur', '2026-03-10T15:59:59.999Z', '2026-03-09T16:00:00.000Z'],
    ['Asia/Kuala_Lumpur', '2026-03-10T16:00:00.000Z', '2026-03-10T16:00:00.000Z'],
    ['Asia/Kathmandu', '2026-03-10T18:14:59.999Z', '2026-03-09T18:15:00.000Z'],
    ['Asia/Kathmandu', '2026-03-10T18:15:00.000Z', '2026-03-10T18:15:00.000Z'],
    ['UTC', '2026-03-10T00:00:00.000Z', '2026-03-10T00:00:00.000Z'],
    // A day of 23 hours, one of 25, and the day after each.
    ['America/New_York', '2026-03-09T03:59:59.999Z', '2026-03-08T05:00:00.000Z'],
    ['America/New_York', '2026-03-09T04:00:00.000Z', '2026-03-09T04:00:00.000Z'],
    ['America/New_York', '2026-11-02T04:59:59.999Z', '2026-11-01T04:00:00.000Z'],
    ['America/New_York', '2026-11-02T05:00:00.000Z', '2026-11-02T05:00:00.000Z'],
    // Midnight is skipped: the day begins at 01:00.
    ['Asia/Beirut', '2026-03-29T10:00:00.000Z', '2026-03-28T22:00:00.000Z'],
    ['Asia/Beirut', '2026-03-28T21:59:59.999Z', '2026-03-27T22:00:00.000Z'],
    ['Africa/Cairo', '2026-04-23T22:00:00.000Z', '2026-04-23T22:00:00.000Z'],
    ['Africa/Cairo', '2026-04-24T10:00:00.000Z', '2026-04-23T22:00:00.000Z'],
    ['America/Havana', '2026-03-08T12:00:00.000Z', '2026-03-08T05:00:00.000Z'],
    // The hour before midnight comes twice, and belongs to the day before both times.
    ['Asia/Beirut', '2026-10-24T20:30:00.000Z', '2026-10-23T21:00:00.000Z'],
    ['Asia/Beirut', '2026-10-24T21:30:00.000Z', '2026-10-23T21:00:00.000Z'],
    ['Asia/Beirut', '2026-10-24T22:00:00.000Z', '2026-10-24T22:00:00.000Z'],
    // Midnight comes twice: the day begins with the first.
    ['America/Havana', '2026-11-01T04:00:00.000Z', '2026-11-01T04:00:00.000Z'],
    ['America/Havana', '2026-11-01T04:30:00.000Z', '2026-11-01T04:00:00.000Z'],
    ['America/Havana', '2026-11-01T05:00:00.000Z', '2026-11-01T04:00:00.000Z'],
    ['America/Havana', '2026-11-01T05:30:00.000Z', '2026-11-01T04:00:00.000Z'],
    ['America/Havana', '2026-11-01T23:00:00.000Z', '2026-11-01T04:00:00.000Z'],
    ['America/Havana', '2026-11-02T05:00:00.000Z', '2026-11-02T05:00:00.000Z'],
    // A leap day, and a year that has none.
    ['Asia/Kuala_Lumpur', '2028-02-29T15:59:59.999Z', '2028-02-28T16:00:00.000Z'],
    ['Asia/Kuala_Lumpur', '2028-02-29T16:00:00.000Z', '2028-02-29T16:00:00.000Z'],
    ['Asia/Kuala_Lumpur', '2026-02-28T16:00:00.000Z', '2026-02-28T16:00:00.000Z'],
    ['Pacific/Kiritimati', '2025-12-31T10:00:00.000Z', '2025-12-31T10:00:00.000Z'],
  ])('in %s at %s began at %s', (timeZone, at, start) => {
    expect(startOfLocalDay(new Date(at), timeZone).toISOString()).toBe(start);
  });

  it('begins at or before any of its instants, at most 25 hours, on the same date, and after another date', () => {
    const zones = fc.constantFrom(
      'Asia/Beirut',
      'Africa/Cairo',
      'America/Havana',
      'America/New_York',
      'Asia/Kathmandu',
      'Australia/Lord_Howe',
    );
    const instants = fc.date({
      min: new Date('2024-01-01T00:00:00Z'),
      max: new Date('2027-12-31T00:00:00Z'),
      noInvalidDate: true,
    });
    fc.assert(
      fc.property(zones, instants, (timeZone, at) => {
        const dateOf = (instant: Date) => instant.toLocaleDateString('sv', { timeZone });
        const start = startOfLocalDay(at, timeZone);
        const age = at.getTime() - start.getTime();
        expect(age >= 0 && age < 25 * 3_600_000).toBe(true);
        expect(dateOf(start)).toBe(dateOf(at));
        expect(dateOf(new Date(start.getTime() - 1))).not.toBe(dateOf(at));
      }),
      { numRuns: 300 },
    );
  });
});

describe('a local hour', () => {
  it.each([
    ['Asia/Kuala_Lumpur', '2026-03-10T15:59:59.999Z', 23],
    ['Asia/Kuala_Lumpur', '2026-03-10T16:00:00.000Z', 0],
    ['Asia/Kathmandu', '2026-03-10T00:14:59.999Z', 5],
    ['Asia/Kathmandu', '2026-03-10T00:15:00.000Z', 6],
    ['America/New_York', '2026-03-08T06:59:59.999Z', 1],
    ['America/New_York', '2026-03-08T07:00:00.000Z', 3],
    ['America/New_York', '2026-11-01T05:30:00.000Z', 1],
    ['America/New_York', '2026-11-01T06:30:00.000Z', 1],
  ])('in %s at %s is %i', (timeZone, at, hour) => {
    expect(localHour(new Date(at), timeZone)).toBe(hour);
  });
});

describe('a time zone', () => {
  it.each(['Asia/Kuala_Lumpur', 'UTC', 'America/Argentina/Buenos_Aires', 'Etc/GMT+8'])(
    'may be %s',
    (name) => {
      expect(isTimeZone(name)).toBe(true);
    },
  );

  it.each([
    '',
    ' ',
    '+08:00',
    '-0500',
    '08:00',
    'Mars/Olympus',
    'Asia/',
    'Asia/Kuala Lumpur',
    'local',
    'null',
  ])('may not be %j', (name) => {
    expect(isTimeZone(name)).toBe(false);
  });
});
