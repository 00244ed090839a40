import { describe, expect, it } from '@jest/globals';
import { readCursor, START, writeCursor } from '../../../src/events/cursor.js';

const HASH = '0123456789abcdef'.repeat(4);

describe('a cursor', () => {
  it.each([0, 1, 11, 999_999_999_999_999])('of position %d reads back, and is safe in a URL', (position) => {
    const cursor = writeCursor({ position, hash: HASH });
    expect(cursor).toMatch(/^[A-Za-z0-9_-]+$/);
    expect(readCursor(cursor)).toEqual({ position, hash: '0123456789ab' });
  });

  it('begins the log with zeros', () => {
    expect(readCursor(writeCursor(START))).toEqual({ position: 0, hash: '000000000000' });
  });

  const written = writeCursor({ position: 7, hash: HASH });
  const encode = (text: string) => Buffer.from(text).toString('base64url');
  it.each([
    '',
    'nonsense',
    ` ${written}`,
    `${written}=`,
    `${written}A`,
    written.toUpperCase(),
    encode('p1:7'),
    encode('p2:7:0123456789ab'),
    encode('p1:-7:0123456789ab'),
    encode('p1:7:0123456789AB'),
    encode('p1:7:0123456789abc'),
    encode('p1:1234567890123456:0123456789ab'),
    '\u0000',
  ])('is not %j', (text) => {
    expect(readCursor(text)).toBeUndefined();
  });
});
