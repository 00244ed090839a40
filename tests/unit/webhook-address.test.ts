import { describe, expect, it } from '@jest/globals';
import {
  checkLiteral,
  checkUrl,
  guardedLookup,
  isPublicAddress,
  type Resolve,
} from '../../src/webhooks/address.js';

const PUBLIC = '93.184.216.34';
const to =
  (...addresses: string[]): Resolve =>
  async () =>
    addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
const unasked: Resolve = async () => {
  throw new Error('nothing was to be resolved');
};

async function codeOf(url: string, resolve: Resolve = unasked, allowPrivate = false): Promise<unknown> {
  return checkUrl(url, allowPrivate, resolve, ['input', 'url']).then(
    () => 'accepted',
    (error) => error.code,
  );
}

describe('an address', () => {
  it.each([
    '8.8.8.8',
    PUBLIC,
    '172.15.255.255',
    '172.32.0.0',
    '192.167.255.255',
    '100.63.255.255',
    '2606:2800:220:1:248:1893:25c8:1946',
    '2a00:1450:4001:82a::200e',
  ])('%s is public', (address) => {
    expect(isPublicAddress(address)).toBe(true);
  });

  it.each([
    ['0.0.0.0', 'unspecified'],
    ['0.1.2.3', 'this network'],
    ['127.0.0.1', 'loopback'],
    ['127.255.255.254', 'loopback'],
    ['10.0.0.1', 'private'],
    ['172.16.0.1', 'private'],
    ['172.31.255.255', 'private'],
    ['192.168.1.1', 'private'],
    ['169.254.169.254', 'link-local, where clouds tell secrets'],
    ['100.64.0.1', 'carrier-grade NAT'],
    ['192.0.0.8', 'reserved'],
    ['192.0.2.1', 'documentation'],
    ['198.18.0.1', 'benchmarking'],
    ['198.51.100.1', 'documentation'],
    ['203.0.113.1', 'documentation'],
    ['224.0.0.1', 'multicast'],
    ['240.0.0.1', 'reserved'],
    ['255.255.255.255', 'broadcast'],
    ['::', 'unspecified'],
    ['::1', 'loopback'],
    ['fe80::1', 'link-local'],
    ['fe80::1%eth0', 'link-local with a zone'],
    ['fec0::1', 'site-local'],
    ['fc00::1', 'unique local'],
    ['fd12:3456::1', 'unique local'],
    ['ff02::1', 'multicast'],
    ['::ffff:10.0.0.1', 'IPv4-mapped'],
    ['::ffff:8.8.8.8', 'IPv4-mapped'],
    ['::10.0.0.1', 'IPv4-compatible'],
    ['::ffff:0:10.0.0.1', 'IPv4-translated'],
    ['64:ff9b::10.0.0.1', 'NAT64'],
    ['64:ff9b:1::1', 'local NAT64'],
    ['2002:a00:1::1', '6to4'],
    ['2001::1', 'Teredo'],
    ['2001:db8::1', 'documentation'],
    ['3fff::1', 'documentation'],
    ['100::1', 'discard'],
    ['5f00::1', 'segment routing'],
    ['4000::1', 'unassigned'],
    ['', 'no address'],
    ['localhost', 'a name'],
    ['1.2.3', 'no address'],
    ['0x7f.1', 'no address'],
  ])('%s is not (%s)', (address) => {
    expect(isPublicAddress(address)).toBe(false);
  });
});

describe('a URL', () => {
  it('is accepted, in its normal form, when all addresses of its host are public', async () => {
    expect(
      await checkUrl('HTTPS://Example.com:443/hook?a=b', false, to(PUBLIC, '2606:2800:220:1::1'), []),
    ).toBe('https://example.com/hook?a=b');
    expect(await codeOf(`https://${PUBLIC}/hook`)).toBe('accepted');
    expect(await codeOf('https://[2606:2800:220:1::1]:8443/hook')).toBe('accepted');
  });

  it.each([
    'http://example.com/hook',
    'ftp://example.com/hook',
    'file:///etc/passwd',
    'example.com/hook',
    '',
    'https://',
    'https://user@example.com/',
    'https://user:password@example.com/',
    'https://:password@example.com/',
    `https://example.com/${'a'.repeat(2_030)}`,
    `https://example.com/${'é'.repeat(1_000)}`,
  ])('%s is refused for its form', async (url) => {
    expect(await codeOf(url, to(PUBLIC))).toBe('INVALID_WEBHOOK_URL');
  });

  it('may be as long as is allowed', async () => {
    expect(await codeOf(`https://example.com/${'a'.repeat(2_048 - 20)}`, to(PUBLIC))).toBe('accepted');
  });

  it.each([
    'https://127.0.0.1/',
    'https://2130706433/',
    'https://0177.0.0.1/',
    'https://0x7f.0.0.1/',
    'https://0x7f000001/',
    'https://127.1/',
    'https://0/',
    'https://１２７.0.0.1/',
    'https://169.254.169.254/latest/meta-data/',
    'https://[::1]/',
    'https://[::ffff:127.0.0.1]/',
    'https://[::ffff:7f00:1]/',
    'https://[fe80::1]/',
    'https://[64:ff9b::7f00:1]/',
  ])('%s is refused for its address, without asking anybody', async (url) => {
    expect(await codeOf(url)).toBe('WEBHOOK_ADDRESS_REFUSED');
  });

  it('is refused when any of its addresses is not public, or when there is none', async () => {
    expect(await codeOf('https://example.com/', to(PUBLIC, '10.0.0.1'))).toBe('WEBHOOK_ADDRESS_REFUSED');
    expect(await codeOf('https://example.com/', to('::1'))).toBe('WEBHOOK_ADDRESS_REFUSED');
    expect(await codeOf('https://example.com/', to())).toBe('INVALID_WEBHOOK_URL');
    expect(await codeOf('https://example.com/', unasked)).toBe('INVALID_WEBHOOK_URL');
  });

  it('may be private and plain when that is allowed, but never has credentials', async () => {
    expect(await codeOf('http://127.0.0.1:8080/', unasked, true)).toBe('accepted');
    expect(await codeOf('ftp://127.0.0.1/', unasked, true)).toBe('INVALID_WEBHOOK_URL');
    expect(await codeOf('http://a:b@127.0.0.1/', unasked, true)).toBe('INVALID_WEBHOOK_URL');
  });
});

describe('a connection', () => {
  const look = (resolve: Resolve, all: boolean) =>
    new Promise<unknown>((done) => {
      guardedLookup(resolve)('example.com', { all }, (error, address, family) =>
        done(error ? (error as { code?: string }).code : [address, family]),
      );
    });

  it('gets the addresses that were checked, in either form', async () => {
    expect(await look(to(PUBLIC, '8.8.8.8'), false)).toEqual([PUBLIC, 4]);
    expect(await look(to(PUBLIC), true)).toEqual([[{ address: PUBLIC, family: 4 }], undefined]);
  });

  it('is refused when any address is not public', async () => {
    expect(await look(to(PUBLIC, '127.0.0.1'), true)).toBe('PRIVATE_ADDRESS');
    expect(await look(to('10.0.0.1'), false)).toBe('PRIVATE_ADDRESS');
  });

  it('is refused to a literal address that is not public, which is never looked up', () => {
    expect(() => checkLiteral('127.0.0.1')).toThrow('The host has an address that is not public.');
    expect(() => checkLiteral('::1')).toThrow('The host has an address that is not public.');
    expect(() => checkLiteral(PUBLIC)).not.toThrow();
    expect(() => checkLiteral('example.com')).not.toThrow();
  });
});
