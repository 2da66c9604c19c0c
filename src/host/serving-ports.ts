import type { PortNeed } from './find-port-holder.js';

/** A service of a network to its VMs. */
export type Service = 'dns' | 'dhcp' | 'dhcpv6';

/** The name of each service for people. */
export const SERVICE_NAMES: Readonly<Record<Service, string>> = {
  dns: 'names (DNS)',
  dhcp: 'addresses (DHCP)',
  dhcpv6: 'addresses (DHCPv6)',
};

/**
 * The ports that libvirt's dnsmasq takes for a service: names at the network's own IPv4 addresses, the others at all addresses.
 *
 * @param addresses of the host in the network
 */
export function servingPorts(service: Service, addresses: readonly string[], bridge?: string): readonly PortNeed[] {
  const on = bridge === undefined ? {} : { bridge };
  if (service === 'dhcp') return [{ protocol: 'udp', family: 'ipv4', port: 67, ...on }];
  if (service === 'dhcpv6') return [{ protocol: 'udp', family: 'ipv6', port: 547, ...on }];
  return (['udp', 'tcp'] as const).map((protocol) => ({ protocol, family: 'ipv4', port: 53, addresses, ...on }));
}
