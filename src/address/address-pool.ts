import ipaddr from 'ipaddr.js';

/** `address_pool` of the configuration, shapes already checked. */
export interface AddressPoolSettings {
  /** The first address of slice 0: `172.16.0.0`. */
  readonly ipv4Start: string;
  /** Prefix length of the whole pool; slices never leave it. */
  readonly ipv4PoolPrefix: number;
  /** Prefix length of one slice. */
  readonly ipv4SlicePrefix: number;
  /** Prefix length of one network of a slice. */
  readonly ipv4SubnetPrefix: number;
  /** `52:54:00:00:00:00` */
  readonly macStart: string;
  /** The bits that a slice takes, more than an IPv4 slice, of the MAC space. */
  readonly macSliceExtraPower: number;
  /** `fd00:aaaa::`; every network takes a /64 behind it. */
  readonly ipv6Start: string;
}

/** The pool as numbers; made by `createAddressPool`, read by the functions beside it. */
export interface AddressPool {
  readonly ipv4Start: bigint;
  readonly ipv6Start: bigint;
  readonly macStart: bigint;
  readonly slicePrefix: number;
  readonly subnetPrefix: number;
  /** Addresses of one slice, one network, and MACs of one slice. */
  readonly sliceSize: bigint;
  readonly subnetSize: bigint;
  readonly macSliceSize: bigint;
  /** Slices are 0 … sliceCount−1, networks 0 … networkCount−1, offsets 0 … maxOffset (0 the network, 1 the host). */
  readonly sliceCount: number;
  readonly networkCount: number;
  readonly maxOffset: number;
}

/** A setting of the pool that cannot be used, by the key it has in the configuration. */
export interface PoolProblem {
  readonly key: string;
  readonly message: string;
}

export const IPV6_PREFIX = 64;

const IPV6_SUBNET_SIZE = 2n ** 64n;
/** Ranges that no network may be in. Source: RFC 6890 (this network, loopback), RFC 1112 (multicast and above). */
const UNUSABLE_IPV4 = ['0.0.0.0/8', '127.0.0.0/8', '224.0.0.0/3'] as const;
/** Source: RFC 4291, sections 2.5.2 and 2.5.3 (unspecified, loopback), 2.7 (multicast) */
const UNUSABLE_IPV6 = ['::/64', 'ff00::/8'] as const;

/** Turns the settings into numbers, or says what is wrong with them. */
export function createAddressPool(settings: AddressPoolSettings): AddressPool | readonly PoolProblem[] {
  const { ipv4PoolPrefix, ipv4SlicePrefix, ipv4SubnetPrefix } = settings;
  const ipv4Start = toNumber(ipaddr.parse(settings.ipv4Start).toByteArray());
  const sliceSize = 2n ** BigInt(32 - ipv4SlicePrefix);
  const poolSize = 2n ** BigInt(32 - ipv4PoolPrefix);
  const poolEnd = (ipv4Start / poolSize) * poolSize + poolSize;
  const pool: AddressPool = {
    ipv4Start,
    ipv6Start: toNumber(ipaddr.parse(settings.ipv6Start).toByteArray()),
    macStart: BigInt(`0x${settings.macStart.replaceAll(':', '')}`),
    slicePrefix: ipv4SlicePrefix,
    subnetPrefix: ipv4SubnetPrefix,
    sliceSize,
    subnetSize: 2n ** BigInt(32 - ipv4SubnetPrefix),
    macSliceSize: 2n ** BigInt(32 - ipv4SlicePrefix + settings.macSliceExtraPower),
    sliceCount: Number((poolEnd - ipv4Start) / sliceSize),
    networkCount: 2 ** (ipv4SubnetPrefix - ipv4SlicePrefix),
    maxOffset: 2 ** (32 - ipv4SubnetPrefix) - 2,
  };
  const problems = [...findProblems(pool, settings)];
  return problems.length === 0 ? pool : problems;
}

function* findProblems(pool: AddressPool, settings: AddressPoolSettings): Generator<PoolProblem> {
  const { ipv4Start, sliceSize, sliceCount, macStart, macSliceSize, ipv6Start } = pool;
  if (ipv4Start % sliceSize !== 0n) {
    const message = `${settings.ipv4Start} is not the start of a /${pool.slicePrefix}, the size of a slice`;
    yield { key: 'ipv4_start', message };
  }
  const last = ipv4Start + sliceSize * BigInt(sliceCount) - 1n;
  for (const range of UNUSABLE_IPV4.filter((cidr) => meets(cidr, ipv4Start, last))) {
    const message = `${settings.ipv4Start}/${settings.ipv4PoolPrefix} meets ${range}, which no network can use`;
    yield { key: 'ipv4_start', message };
  }
  if (((macStart >> 40n) & 1n) === 1n) {
    yield { key: 'mac_start', message: `${settings.macStart} is a multicast address: its first octet is odd` };
  }
  if (macStart >> 40n !== (macStart + macSliceSize * BigInt(sliceCount) - 1n) >> 40n) {
    const message = `${settings.macStart} leaves too few addresses for ${sliceCount} slices: the first octet would change`;
    yield { key: 'mac_start', message };
  }
  if (ipv6Start % IPV6_SUBNET_SIZE !== 0n) {
    yield { key: 'ipv6_start', message: `${settings.ipv6Start} is not the start of a /${IPV6_PREFIX}` };
  }
  const ipv6End = ipv6Start + sliceSize * BigInt(sliceCount) * IPV6_SUBNET_SIZE;
  if (ipv6End > 2n ** 128n) {
    yield { key: 'ipv6_start', message: `${settings.ipv6Start} leaves too few networks for ${sliceCount} slices` };
  }
  for (const range of UNUSABLE_IPV6.filter((cidr) => meets(cidr, ipv6Start, ipv6End - 1n))) {
    const message = `networks from ${settings.ipv6Start} on meet ${range}, which no network can use`;
    yield { key: 'ipv6_start', message };
  }
}

/** Tells whether a network has one of the addresses between two, both included. */
function meets(cidr: string, first: bigint, last: bigint): boolean {
  const [address, prefix] = ipaddr.parseCIDR(cidr);
  const bytes = address.toByteArray();
  const start = toNumber(bytes);
  const end = start + 2n ** BigInt(bytes.length * 8 - prefix) - 1n;
  return first <= end && start <= last;
}

function toNumber(bytes: readonly number[]): bigint {
  return bytes.reduce((number, byte) => number * 256n + BigInt(byte), 0n);
}
