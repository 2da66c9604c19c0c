import { readFile } from 'node:fs/promises';
import ipaddr from 'ipaddr.js';

/** A network that this host sends somewhere. */
export interface HostRoute {
  /** `172.16.17.0/24` */
  readonly cidr: string;
  readonly device: string;
}

/** Flag of a route that refuses instead of sending. Source: RTF_REJECT in Linux' include/uapi/linux/route.h */
const REJECT = 0x0200;
const LOOPBACK = 'lo';

export const IPV4_ROUTES = '/proc/net/route';
export const IPV6_ROUTES = '/proc/net/ipv6_route';

/** The host's routes but for default routes, loopback, and link-local and multicast ones. */
export async function readHostRoutes(): Promise<readonly HostRoute[]> {
  const [ipv4, ipv6] = await Promise.all(
    [IPV4_ROUTES, IPV6_ROUTES].map((path) => readFile(path, 'utf8').catch(() => '')),
  );
  return parseHostRoutes(ipv4 ?? '', ipv6 ?? '');
}

/** Reads the kernel's two tables. Source: proc_net(5) */
export function parseHostRoutes(ipv4: string, ipv6: string): readonly HostRoute[] {
  return [...parseTable(ipv4).slice(1).flatMap(parseIpv4Route), ...parseTable(ipv6).flatMap(parseIpv6Route)];
}

/** Returns the path where the kernel shows a network device. Source: sysfs-class-net of the kernel's ABI documentation */
export function devicePath(name: string): string {
  return `/sys/class/net/${name}`;
}

function parseTable(table: string): readonly (readonly string[])[] {
  return table
    .split('\n')
    .filter(Boolean)
    .map((line) => line.trim().split(/\s+/));
}

/** Columns: device, destination, gateway, flags, …, mask in the eighth; numbers in hex, least significant byte first. */
function parseIpv4Route(columns: readonly string[]): readonly HostRoute[] {
  const [device = '', destination = '', , flags = '0', , , , mask = ''] = columns;
  const prefix = bytesOf(mask).reduce((bits, byte) => bits + byte.toString(2).replaceAll('0', '').length, 0);
  const address = ipaddr.fromByteArray(bytesOf(destination).toReversed());
  return usable({ address, prefix, device, flags });
}

/** Columns: destination, its prefix length, …, flags in the ninth, device in the tenth; numbers in hex. */
function parseIpv6Route(columns: readonly string[]): readonly HostRoute[] {
  const [destination = '', length = '0', , , , , , , flags = '0', device = ''] = columns;
  return usable({
    address: ipaddr.fromByteArray(bytesOf(destination)),
    prefix: Number.parseInt(length, 16),
    device,
    flags,
  });
}

function usable(route: {
  readonly address: ipaddr.IPv4 | ipaddr.IPv6;
  readonly prefix: number;
  readonly device: string;
  readonly flags: string;
}): readonly HostRoute[] {
  const { address, prefix, device, flags } = route;
  if (prefix === 0 || device === LOOPBACK || (Number.parseInt(flags, 16) & REJECT) !== 0) return [];
  if (['linkLocal', 'multicast', 'loopback'].includes(address.range())) return [];
  return [{ cidr: `${address.toString()}/${prefix}`, device }];
}

function bytesOf(hex: string): number[] {
  return (hex.match(/../g) ?? []).map((byte) => Number.parseInt(byte, 16));
}
