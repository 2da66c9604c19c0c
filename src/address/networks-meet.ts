import ipaddr from 'ipaddr.js';

/** Tells whether two networks of the same family have an address in common: the wider one holds the other. */
export function networksMeet(one: string, other: string): boolean {
  const [address, prefix] = ipaddr.parseCIDR(one);
  const [otherAddress, otherPrefix] = ipaddr.parseCIDR(other);
  const shorter = Math.min(prefix, otherPrefix);
  if (address instanceof ipaddr.IPv4 && otherAddress instanceof ipaddr.IPv4)
    return address.match(otherAddress, shorter);
  if (address instanceof ipaddr.IPv6 && otherAddress instanceof ipaddr.IPv6)
    return address.match(otherAddress, shorter);
  return false;
}
