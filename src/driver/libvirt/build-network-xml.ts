import { buildBridgeName, buildVmName } from '../../filenames.js';
import { buildXml } from '../../libvirt/xml.js';
import { buildMetadata, type BuildOwnership } from './metadata.js';

/** The network of one build VM: everything about it follows from its number. */
export interface BuildNetworkPlan {
  readonly name: string;
  readonly bridge: string;
  readonly cidr: string;
  readonly host: string;
  /** The MAC address of the VM. */
  readonly mac: string;
}

/**
 * A range that no real network has: it is set aside for measuring devices.
 *
 * Source: RFC 2544, appendix C.2.2
 */
const FIRST_BYTES = '198.18';

export function buildNetworkPlan(index: number): BuildNetworkPlan {
  const subnet = `${FIRST_BYTES}.${index}`;
  return {
    name: buildVmName(index),
    bridge: buildBridgeName(index),
    cidr: `${subnet}.0/24`,
    host: `${subnet}.1`,
    mac: `52:54:00:ff:${index.toString(16).padStart(2, '0')}:02`,
  };
}

/** NAT and names, or where there is to be no way out neither of them: names are a way out too. */
export function buildNetworkXml(plan: BuildNetworkPlan, ownership: BuildOwnership, internetAccess: boolean): string {
  const { name, bridge, host } = plan;
  const range = { start: host.replace(/1$/, '2'), end: host.replace(/1$/, '254') };
  return buildXml('network', {
    name,
    metadata: buildMetadata(ownership),
    ...(internetAccess && { forward: { $: { mode: 'nat' } } }),
    bridge: { $: { name: bridge, stp: 'off', delay: '0' } },
    dns: { $: { enable: internetAccess ? 'yes' : 'no' } },
    ip: { $: { address: host, prefix: 24 }, dhcp: { range: { $: range } } },
  });
}
