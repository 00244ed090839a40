import { lookup as systemLookup } from 'node:dns/promises';
import { isIP, type LookupFunction } from 'node:net';
import ipaddr from 'ipaddr.js';
import { inputError } from '../errors.js';

const URL_LENGTH_MAX = 2048;

/** Finds all addresses of a host; the system's resolver, but for tests. */
export type Resolve = (
  host: string,
) => Promise<ReadonlyArray<{ readonly address: string; readonly family: number }>>;

export const systemResolve: Resolve = (host) => systemLookup(host, { all: true });

/** A host has an address that webhooks must not be sent to. */
export class PrivateAddressError extends Error {
  override readonly name = 'PrivateAddressError';
  readonly code = 'PRIVATE_ADDRESS';
}

/** What of IPv6 is in use as global unicast; all else there is special or unassigned. */
const GLOBAL_UNICAST = ipaddr.IPv6.parseCIDR('2000::/3');

/**
 * Whether an address is an ordinary public one. Whatever leads elsewhere in disguise (IPv4 inside IPv6, NAT64, 6to4,
 * Teredo) is not.
 */
export function isPublicAddress(address: string): boolean {
  if (isIP(address) === 0) return false;
  const parsed = ipaddr.parse(address);
  if (parsed.range() !== 'unicast') return false;
  return parsed instanceof ipaddr.IPv4 || parsed.match(GLOBAL_UNICAST);
}

/** The host of a URL as a resolver or a socket wants it: an IPv6 address without its brackets. */
export function hostOf(url: URL): string {
  return url.hostname.replace(/^\[(.*)\]$/, '$1');
}

function parseUrl(text: string, allowPrivate: boolean, path: readonly string[]): URL {
  const refuse = (what: string) => inputError('INVALID_WEBHOOK_URL', what, path);
  if (text.length > URL_LENGTH_MAX) throw refuse(`url must have at most ${URL_LENGTH_MAX} characters.`);
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const schemes = allowPrivate ? ['https:', 'http:'] : ['https:'];
  if (!url || !schemes.includes(url.protocol))
    throw refuse('url must be an https URL, such as https://example.com/webhooks.');
  if (url.username || url.password) throw refuse('url must not contain a user name or a password.');
  if (url.href.length > URL_LENGTH_MAX)
    throw refuse(`url must have at most ${URL_LENGTH_MAX} characters as it is sent.`);
  return url;
}

/** The URL in its normal form, if webhooks may be sent there as far as its host's addresses tell now. */
export async function checkUrl(
  text: string,
  allowPrivate: boolean,
  resolve: Resolve,
  path: readonly string[],
): Promise<string> {
  const url = parseUrl(text, allowPrivate, path);
  if (allowPrivate) return url.href;
  const host = hostOf(url);
  const addresses = isIP(host) ? [{ address: host }] : await resolve(host).catch(() => []);
  if (addresses.length === 0)
    throw inputError('INVALID_WEBHOOK_URL', 'The host of url has no address.', path);
  if (!addresses.every(({ address }) => isPublicAddress(address))) {
    const message = 'The host of url must have public addresses only: none private, loopback or link-local.';
    throw inputError('WEBHOOK_ADDRESS_REFUSED', message, path);
  }
  return url.href;
}

/** Refuses a literal address, which a connection does not look up. */
export function checkLiteral(host: string): void {
  if (isIP(host) && !isPublicAddress(host)) throw refusal();
}

/**
 * What a connection resolves its host with: the very addresses that were checked are the ones it connects to, so that
 * a name that was public when it was registered cannot lead inside later.
 */
export function guardedLookup(resolve: Resolve): LookupFunction {
  return (host, options, callback) => {
    resolve(host).then(
      (addresses) => {
        const [first] = addresses;
        if (!first) return callback(new Error('The host has no address.'), []);
        if (!addresses.every(({ address }) => isPublicAddress(address))) return callback(refusal(), []);
        return options.all ? callback(null, [...addresses]) : callback(null, first.address, first.family);
      },
      (error) => callback(error, []),
    );
  };
}

function refusal(): PrivateAddressError {
  return new PrivateAddressError('The host has an address that is not public.');
}
