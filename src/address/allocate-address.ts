import ipaddr from 'ipaddr.js';
import { IPV6_PREFIX, type AddressPool } from './address-pool.js';

/** A place in the pool. All three numbers must be inside it: `sliceCount`, `networkCount`, `maxOffset`. */
export interface PoolPlace {
  readonly slice: number;
  readonly network: number;
  readonly offset: number;
}

export interface Addresses {
  readonly mac: string;
  readonly ipv4: string;
  readonly ipv6: string;
}

export interface SubnetCidrs {
  readonly ipv4: string;
  readonly ipv6: string;
}

/** The addresses of one place: arithmetic alone, so that the same place has the same addresses every time. */
export function allocateAddress(pool: AddressPool, place: PoolPlace): Addresses {
  const slice = BigInt(place.slice);
  const network = BigInt(place.network);
  const offset = BigInt(place.offset);
  const inSlice = network * pool.subnetSize + offset;
  return {
    mac: formatMac(pool.macStart + slice * pool.macSliceSize + inSlice),
    ipv4: formatAddress(pool.ipv4Start + slice * pool.sliceSize + inSlice, 4),
    ipv6: formatAddress(pool.ipv6Start + (slice * pool.sliceSize + network) * 2n ** 64n + offset, 16),
  };
}

/** The networks that hold every offset of one network of a slice: `172.16.17.0/24`, `fd00:aaaa:0:1001::/64`. */
export function subnetCidrs(pool: AddressPool, slice: number, network: number): SubnetCidrs {
  const { ipv4, ipv6 } = allocateAddress(pool, { slice, network, offset: 0 });
  return { ipv4: `${ipv4}/${pool.subnetPrefix}`, ipv6: `${ipv6}/${IPV6_PREFIX}` };
}

function formatAddress(number: bigint, bytes: number): string {
  const address = ipaddr.fromByteArray(toBytes(number, bytes));
  return address instanceof ipaddr.IPv6 ? address.toRFC5952String() : address.toString();
}

function formatMac(number: bigint): string {
  return toBytes(number, 6)
    .map((byte) => byte.toString(16).padStart(2, '0'))
    .join(':');
}

function toBytes(number: bigint, length: number): number[] {
  return Array.from({ length }, (_, index) => Number((number >> BigInt(8 * (length - 1 - index))) & 0xffn));
}
