import { attribute, child, children, text } from './xml-element.js';
import { buildXml } from './xml.js';

/** One `<host>` of a network: a reservation in the DHCP of one of its `<ip>`, or a name in its DNS. */
export interface NetworkHost {
  readonly section: 'dhcp' | 'dns';
  /** The index of the network's `<ip>` that serves the reservation, from 0; 0 for names. */
  readonly parentIndex: number;
  readonly ip: string;
  readonly name: string;
  /** null for names, and for reservations of IPv6, which go by name. */
  readonly mac: string | null;
}

/** The hosts of a parsed `<network>`; names in the DNS one by one. */
export function readNetworkHosts(network: unknown): readonly NetworkHost[] {
  const reservations = children(network, 'ip').flatMap((ip, parentIndex) =>
    children(child(ip, 'dhcp'), 'host').map((host) => ({
      section: 'dhcp' as const,
      parentIndex,
      ip: attribute(host, 'ip') ?? '',
      name: attribute(host, 'name') ?? '',
      mac: attribute(host, 'mac') ?? null,
    })),
  );
  const names = children(child(network, 'dns'), 'host').flatMap((host) =>
    children(host, 'hostname').map((name) => ({
      section: 'dns' as const,
      parentIndex: 0,
      ip: attribute(host, 'ip') ?? '',
      name: text(name),
      mac: null,
    })),
  );
  return [...reservations, ...names];
}

/** The same for two hosts that are the same. */
export function hostKey({ section, parentIndex, ip, name, mac }: NetworkHost): string {
  return [section, parentIndex, ip, name, mac].join(' ');
}

/** The element as libvirt wants it for an update; a name goes by its address where it is taken away. */
export function hostXml({ section, ip, name, mac }: NetworkHost, action: 'add' | 'delete'): string {
  if (section === 'dhcp') return buildXml('host', { $: { ...(mac !== null && { mac }), name, ip } });
  return buildXml('host', { $: { ip }, ...(action === 'add' && { hostname: name }) });
}
