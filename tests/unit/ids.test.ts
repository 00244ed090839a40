import { describe, expect, it } from '@jest/globals';
import { isId, newId } from '../../src/ids.js';

const timeOf = (id: string) => Number.parseInt(id.replaceAll('-', '').slice(0, 12), 16);

// The generator remembers the newest instant of its process: the tests go on from one to the next.
const T0 = Date.parse('2026-03-10T04:00:00.000Z');

describe('a new id', () => {
  it('is a UUID of version 7 and the RFC variant that carries its instant', () => {
    const id = newId(new Date(T0));
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(timeOf(id)).toBe(T0);
    expect(isId(id)).toBe(true);
  });

  it('is greater than all before, also within a millisecond and past the end of its counter', () => {
    const ids = Array.from({ length: 10_000 }, () => newId(new Date(T0 + 1_000)));
    expect([...ids].sort()).toEqual(ids);
    expect(new Set(ids).size).toBe(ids.length);
    expect(timeOf(ids[0] as string)).toBe(T0 + 1_000);
    // 4,096 ids fit in a millisecond; the rest borrow from the next ones.
    expect(timeOf(ids.at(-1) as string)).toBeGreaterThan(T0 + 1_000);
    expect(timeOf(ids.at(-1) as string)).toBeLessThanOrEqual(T0 + 1_003);
  });

  it('is greater than all before when the clock goes back', () => {
    const before = newId(new Date(T0 + 2_000));
    const ids = [
      newId(new Date(T0)),
      newId(new Date(T0 - 86_400_000)),
      newId(new Date(T0 + 2_000)),
      newId(new Date(T0 + 2_001)),
    ];
    expect([before, ...ids].toSorted()).toEqual([before, ...ids]);
    expect(ids.map(timeOf)).toEqual([T0 + 2_000, T0 + 2_000, T0 + 2_000, T0 + 2_001]);
  });
});

describe('the shape of an id', () => {
  it.each(['00000000-0000-7000-8000-000000000000', 'ffffffff-ffff-4fff-bfff-ffffffffffff'])(
    'is that of %s',
    (text) => {
      expect(isId(text)).toBe(true);
    },
  );

  it.each([
    '',
    '00000000-0000-7000-8000-00000000000',
    '00000000-0000-7000-8000-0000000000000',
    '00000000000070008000000000000000',
    '00000000-0000-0000-8000-000000000000',
    '00000000-0000-9000-8000-000000000000',
    '00000000-0000-7000-7000-000000000000',
    '00000000-0000-7000-c000-000000000000',
    'A0000000-0000-7000-8000-000000000000',
    'g0000000-0000-7000-8000-000000000000',
    '00000000-0000-7000-8000-000000000000\n',
    '{00000000-0000-7000-8000-000000000000}',
  ])('is not that of %j', (text) => {
    expect(isId(text)).toBe(false);
  });
});
