import ipaddr from 'ipaddr.js';
import { createAddressPool, type AddressPoolSettings } from '../address/address-pool.js';
import { findings, type Finding } from './finding.js';
import { IPV4_ROUTES, IPV6_ROUTES, parseHostRoutes, type HostRoute } from './host-routes.js';
import type { Host } from './host.js';

const { ok, warn, fail } = findings('routes');

const OUR_BRIDGE = /^bs\d+-/;

export interface RouteOptions {
  readonly pool: AddressPoolSettings;
  /** The slice that is going to be used. */
  readonly slice: number;
}

/** Nothing but our own bridges has addresses of the pool: whatever else is reached there would meet some slices. */
export async function checkRoutes(host: Host, { pool, slice }: RouteOptions): Promise<readonly Finding[]> {
  const [ipv4, ipv6] = await Promise.all([host.read(IPV4_ROUTES), host.read(IPV6_ROUTES)]);
  const routes = parseHostRoutes(ipv4 ?? '', ipv6 ?? '').filter(({ device }) => !OUR_BRIDGE.test(device));
  const met = routes.flatMap((route) => {
    const slices = slicesOf(route, pool);
    return slices ? [{ ...route, slices }] : [];
  });
  if (met.length === 0) return [ok(`none meets ${pool.ipv4Start}/${pool.ipv4PoolPrefix}`)];
  return met.map(({ cidr, device, slices: [first, last] }) => {
    const which = first === last ? `slice ${first}` : `slices ${first} to ${last}`;
    const message = `${cidr} to ${device} is in the way of ${which}`;
    const cure = 'use other slices, or move address_pool.ipv4_start (ipv6_start) to a free range';
    return slice >= first && slice <= last ? fail(message, cure) : warn(message, cure);
  });
}

/** The first and the last slice that a route meets. */
function slicesOf({ cidr }: HostRoute, settings: AddressPoolSettings): readonly [number, number] | null {
  const pool = createAddressPool(settings);
  if (!('sliceCount' in pool)) return null;
  const [address, prefix] = ipaddr.parseCIDR(cidr);
  const six = address.kind() === 'ipv6';
  const bits = six ? 128 : 32;
  const start = numberOf(address.toByteArray());
  const end = start + 2n ** BigInt(bits - prefix) - 1n;
  const poolStart = six ? pool.ipv6Start : pool.ipv4Start;
  const sliceSize = six ? pool.sliceSize * 2n ** 64n : pool.sliceSize;
  const poolEnd = poolStart + sliceSize * BigInt(pool.sliceCount) - 1n;
  if (end < poolStart || start > poolEnd) return null;
  const first = start < poolStart ? 0n : (start - poolStart) / sliceSize;
  const last = ((end > poolEnd ? poolEnd : end) - poolStart) / sliceSize;
  return [Number(first), Number(last)];
}

function numberOf(bytes: readonly number[]): bigint {
  return bytes.reduce((number, byte) => number * 256n + BigInt(byte), 0n);
}
