import ipaddr from 'ipaddr.js';

/** Whoever has one IPv6 address has the 2⁶⁴ beside it as well. */
const NETWORK_BYTES = 8;

/** What an address is counted as: itself, or for IPv6 the network that one customer of a provider is given. */
export function networkOf(address: string): string {
  if (!ipaddr.isValid(address)) return address;
  const parsed = ipaddr.process(address);
  if (parsed.kind() === 'ipv4') return parsed.toString();
  return `${Buffer.from(parsed.toByteArray().slice(0, NETWORK_BYTES)).toString('hex')}/64`;
}
