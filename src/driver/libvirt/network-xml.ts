import { createHash } from 'node:crypto';
import { readNetworkHosts, type NetworkHost } from '../../libvirt/network-host.js';
import { buildXml, type XmlElementContent } from '../../libvirt/xml.js';
import { sliceZone } from '../../filenames.js';
import { deriveUuid } from '../../plan/derive-uuid.js';
import type { NetworkPlan, SlicePlan, SubnetPlan } from '../../plan/plan.js';
import { networkMetadata } from './metadata.js';
import type { Ownership } from '../ownership.js';

/** The networks of a plan that share one bridge, which is one network of libvirt's. */
export interface BridgePlan {
  /** Name of the bridge and of the libvirt network. */
  readonly name: string;
  readonly uuid: string;
  /** The first one's bridge it is: its MAC and MTU count. */
  readonly networks: readonly NetworkPlan[];
}

interface Reservation {
  readonly hostname: string;
  readonly mac: string;
  readonly ipv4: string;
  readonly ipv6: string;
}

/** Groups the networks by their bridges, in the order of the plan. */
export function planBridges(plan: SlicePlan): readonly BridgePlan[] {
  const names = [...new Set(plan.networks.map(({ bridge }) => bridge))];
  return names.map((name) => ({
    name,
    uuid: deriveUuid(`network:${name}`),
    networks: plan.networks.filter(({ bridge }) => bridge === name),
  }));
}

/**
 * The XML of a network, with every reservation and DNS name of the plan in it from the beginning.
 *
 * Source: https://libvirt.org/formatnetwork.html
 *
 * @param ownership `register`: systemd-resolved of this machine is told which names the network answers for
 */
export function networkXml(
  plan: SlicePlan,
  bridge: BridgePlan,
  ownership: Ownership & { readonly register?: boolean },
): string {
  const { register = false, ...owner } = ownership;
  const { name, uuid, ...content } = networkContent(plan, bridge);
  const digest = networkDigest(plan, bridge);
  return buildXml('network', {
    name,
    uuid,
    metadata: networkMetadata({ ...owner, digest, plans: bridge.networks }),
    ...(register && answersFor(bridge) && { domain: registeredDomain(plan) }),
    ...content,
  });
}

/** Tells whether the host answers for names of VMs on that bridge, and can itself be asked there. */
export function answersFor({ networks }: BridgePlan): boolean {
  return networks.some(({ serving, ipv4 }) => serving.dns && ipv4.host !== null);
}

/** Names that nobody knows are not passed on: the next one to be asked is resolved itself, which would ask here again. */
function registeredDomain({ slice }: SlicePlan): XmlElementContent {
  return { $: { name: sliceZone(slice), localOnly: 'yes', register: 'yes' } };
}

/** The same for two networks that differ in nothing but who made them, when, and for which VMs. */
export function networkDigest(plan: SlicePlan, bridge: BridgePlan): string {
  const content = JSON.stringify(networkContent({ ...plan, vms: [] }, bridge));
  return createHash('sha256').update(content).digest('hex').slice(0, 16);
}

/** The hosts that the XML has for the VMs of the plan. */
export function networkHosts(plan: SlicePlan, bridge: BridgePlan): readonly NetworkHost[] {
  return readNetworkHosts(networkContent(plan, bridge));
}

function networkContent(plan: SlicePlan, bridge: BridgePlan): XmlElementContent & { name: string; uuid: string } {
  const { networks } = bridge;
  const [main] = networks;
  if (!main) throw new Error(`bridge ${bridge.name} has no network`);
  return {
    name: bridge.name,
    uuid: bridge.uuid,
    ...forwarding(main),
    bridge: { $: { name: bridge.name, stp: 'off', delay: '0' } },
    mtu: { $: { size: main.mtu } },
    mac: { $: { address: main.mac } },
    dns: dns(plan, networks),
    ip: [...hostAddresses(plan, networks, 'ipv4'), ...hostAddresses(plan, networks, 'ipv6')],
  };
}

/**
 * Returns the element for forwarding. Networks that share a bridge are forwarded alike. libvirt's firewall lets new
 * connections in by `route` alone.
 */
function forwarding({ forward }: NetworkPlan): XmlElementContent {
  if (forward === 'none') return {};
  return { forward: { $: { mode: forward }, ...(forward === 'nat' && { nat: { $: { ipv6: 'yes' } } }) } };
}

function dns(plan: SlicePlan, networks: readonly NetworkPlan[]): XmlElementContent {
  const served = networks.filter(({ serving }) => serving.dns);
  if (served.length === 0) return { $: { enable: 'no' } };
  const host = served.flatMap((network) =>
    reservations(plan, network).flatMap(({ hostname, ipv4, ipv6 }) => [
      { $: { ip: ipv4 }, hostname },
      { $: { ip: ipv6 }, hostname },
    ]),
  );
  return { $: { enable: 'yes' }, host };
}

/** libvirt serves DHCP on one subnet of each family; on a shared bridge it is the first that asks for it. */
function hostAddresses(
  plan: SlicePlan,
  networks: readonly NetworkPlan[],
  family: 'ipv4' | 'ipv6',
): readonly XmlElementContent[] {
  const serving = networks.find((network) => network.serving[family]);
  return networks.flatMap((network) => {
    const { cidr, host }: SubnetPlan = network[family];
    if (host === null) return [];
    const prefix = cidr.slice(cidr.indexOf('/') + 1);
    const hosts = network === serving ? reservations(plan, network).map((vm) => dhcpHost(vm, family)) : [];
    return [{ $: { family, address: host, prefix }, ...(hosts.length > 0 && { dhcp: { host: hosts } }) }];
  });
}

function dhcpHost({ hostname, mac, ipv4, ipv6 }: Reservation, family: 'ipv4' | 'ipv6'): XmlElementContent {
  return { $: family === 'ipv4' ? { mac, name: hostname, ip: ipv4 } : { name: hostname, ip: ipv6 } };
}

function reservations(plan: SlicePlan, network: NetworkPlan): readonly Reservation[] {
  return plan.vms.flatMap(({ hostname, interfaces }) =>
    interfaces
      .filter((nic) => nic.network === network.name)
      .map(({ mac, ipv4, ipv6 }) => ({ hostname, mac, ipv4, ipv6 })),
  );
}
