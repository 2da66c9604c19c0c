import { readFile } from 'node:fs/promises';
import * as z from 'zod';
import { VirtbsError } from '../../errors.js';
import { bridgeName, slicePaths } from '../../filenames.js';
import { isCloudError } from '../../openstack/cloud-error.js';
import type { NetworkPlan, SlicePlan } from '../../plan/plan.js';
import { deleteItem } from './delete-item.js';
import { listInterfaces } from './delete-router.js';
import { listOwned } from './list-owned.js';
import { packMark, writeMark, type Mark } from './mark.js';
import { findNetwork, findExternalNetwork } from './find-network.js';
import { networkTags } from './network-tags.js';
import { accessInterface, bastionOf } from './reach.js';
import { networkSchema, routerSchema, securityGroupSchema, subnetSchema, type SubnetResource } from './resources.js';
import type { Site } from './site.js';

/** The networks, keys and groups that the servers of a slice stand on. */
export interface Ground {
  /** By the names of the plan's networks. */
  readonly networks: ReadonlyMap<string, GroundNetwork>;
  readonly securityGroup: string;
  /** Null where the slice has no key. */
  readonly keypair: string | null;
  /** The network that floating addresses are of, once the router leads there; null where there is no router. */
  readonly external: Promise<string | null>;
}

export interface GroundNetwork {
  readonly id: string;
  /** The subnets of the network, whether it is new or existed before. */
  readonly subnets: readonly SubnetResource[];
  /** Whether it is one that existed. */
  readonly existing: boolean;
}

/** Makes the networks, the router, the security group and the keypair that are missing; what stands of them is kept. */
export async function createGround(site: Site, plan: SlicePlan, mark: Mark, signal: AbortSignal): Promise<Ground> {
  const making = createNetworks(site, plan, { mark, signal });
  const external = createRouter(site, plan, { mark, networks: making, signal });
  // Who needs it hears of its failure.
  external.catch(() => undefined);
  const [networks, securityGroup, keypair] = await Promise.all([
    making,
    createSecurityGroup(site, mark, signal),
    createKeypair(site, mark, signal),
  ]);
  return { networks, securityGroup, keypair, external };
}

interface Making {
  readonly mark: Mark;
  readonly signal: AbortSignal;
}

async function createNetworks(
  site: Site,
  plan: SlicePlan,
  { mark, signal }: Making,
): Promise<ReadonlyMap<string, GroundNetwork>> {
  const filter = { slice: plan.slice, signal };
  const [networks, subnets] = await Promise.all([
    listOwned(site, 'networks', filter),
    listOwned(site, 'subnets', filter),
  ]);
  const routed = routedNetworks(site, plan);
  const made = plan.networks
    .filter(({ name, bridge }) => bridge === bridgeName(plan.slice, name))
    .map(async ({ name, bridge }): Promise<readonly (readonly [string, GroundNetwork])[]> => {
      const members = plan.networks.filter((network) => network.bridge === bridge);
      const wanted = site.settings.networks[name];
      if (wanted !== undefined) {
        const existing = await existingNetwork(site, wanted, signal);
        return members.map((member) => [member.name, existing]);
      }
      const standing = networks.find(({ item }) => item.name === bridge)?.item;
      const id = standing?.id ?? (await createNetwork(site, members, { mark, signal }));
      const own = subnets.flatMap(({ item }) => (item.network_id === id ? [item] : []));
      return await Promise.all(
        members.map(async (member) => {
          const those = await createSubnets(
            site,
            { network: id, plan: member, standing: own, routed: routed.has(member.name) },
            { mark, signal },
          );
          return [member.name, { id, subnets: those, existing: false }] as const;
        }),
      );
    });
  return new Map((await Promise.all(made)).flat());
}

async function existingNetwork(site: Site, wanted: string, signal: AbortSignal): Promise<GroundNetwork> {
  const { id } = await findNetwork(site, wanted, signal);
  const query = { network_id: id };
  const subnets = await site.cloud
    .service('network')
    .list('/subnets', 'subnets', { schema: subnetSchema, query, signal });
  return { id, subnets, existing: true };
}

/** Neutron's own choice for an overlay is less than Ethernet's; only what is less than that is asked for. */
async function createNetwork(site: Site, plans: readonly NetworkPlan[], { mark, signal }: Making): Promise<string> {
  const service = site.cloud.service('network');
  const [plan] = plans;
  if (!plan) throw new Error('a network is made of no plan');
  const { bridge, name, mtu } = plan;
  const open = site.settings.openPorts.includes(name);
  const body = {
    network: { name: bridge, description: writeMark(mark), ...(open && { port_security_enabled: false }) },
  };
  const schema = z.object({ network: networkSchema });
  const { network } = await service.request('POST', '/networks', { body, schema, signal });
  const tags = service.send('PUT', `/networks/${network.id}/tags`, { body: { tags: networkTags(plans) }, signal });
  if (mtu < (network.mtu ?? 0)) {
    await service.send('PUT', `/networks/${network.id}`, { body: { network: { mtu } }, signal });
  }
  await tags;
  return network.id;
}

interface SubnetRequest {
  readonly network: string;
  readonly plan: NetworkPlan;
  readonly standing: readonly SubnetResource[];
  /** True if a router is on it. */
  readonly routed: boolean;
}

async function createSubnets(
  site: Site,
  { network, plan, standing, routed }: SubnetRequest,
  { mark, signal }: Making,
): Promise<readonly SubnetResource[]> {
  const service = site.cloud.service('network');
  const common = { network_id: network, description: writeMark(mark) };
  const { ipv4, ipv6, serving, bridge } = plan;
  const wanted = [
    {
      ...common,
      name: `${bridge}-ipv4`,
      ip_version: 4,
      cidr: ipv4.cidr,
      gateway_ip: routed ? ipv4.host : null,
      enable_dhcp: serving.ipv4,
      allocation_pools: [lastAddresses(ipv4.cidr)],
    },
    {
      ...common,
      name: `${bridge}-ipv6`,
      ip_version: 6,
      cidr: ipv6.cidr,
      gateway_ip: null,
      enable_dhcp: serving.ipv6,
      ...(serving.ipv6 && { ipv6_address_mode: 'dhcpv6-stateful', ipv6_ra_mode: 'dhcpv6-stateful' }),
    },
  ];
  const stands = standing.filter(({ cidr }) => wanted.some((each) => each.cidr === cidr));
  const missing = wanted.filter(({ cidr }) => !stands.some((each) => each.cidr === cidr));
  if (missing.length === 0) return stands;
  const schema = z.object({ subnets: z.array(subnetSchema) });
  const { subnets } = await service.request('POST', '/subnets', { body: { subnets: missing }, schema, signal });
  return [...stands, ...subnets];
}

/**
 * Returns the range from which the cloud takes its own addresses, such as that of its DHCP server. It is at the end of the
 * network, because VMs begin at the other.
 */
function lastAddresses(cidr: string): { readonly start: string; readonly end: string } {
  const [base = '', prefix] = cidr.split('/');
  const first = base.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
  const last = first + 2 ** (32 - Number(prefix)) - 2;
  return { start: formatAddress(last - 2), end: formatAddress(last) };
}

function formatAddress(number: number): string {
  return [24, 16, 8, 0].map((bits) => Math.floor(number / 2 ** bits) % 256).join('.');
}

/** Creates the security group: it lets in ssh and ping from outside, and everything from VMs of the slice. */
async function createSecurityGroup(site: Site, mark: Mark, signal: AbortSignal): Promise<string> {
  const service = site.cloud.service('network');
  const [standing] = await listOwned(site, 'securityGroups', { slice: mark.slice, signal });
  const name = `bs${mark.slice}`;
  const body = { security_group: { name, description: writeMark(mark) } };
  const schema = z.object({ security_group: securityGroupSchema });
  const { id } =
    standing?.item ?? (await service.request('POST', '/security-groups', { body, schema, signal })).security_group;
  const rules = [
    { ethertype: 'IPv4', remote_group_id: id },
    { ethertype: 'IPv6', remote_group_id: id },
    { ethertype: 'IPv4', protocol: 'icmp' },
    { ethertype: 'IPv4', protocol: 'tcp', port_range_min: 22, port_range_max: 22 },
    { ethertype: 'IPv6', protocol: 'tcp', port_range_min: 22, port_range_max: 22 },
  ];
  const bodies = rules.map((rule) => ({ security_group_id: id, direction: 'ingress', ...rule }));
  try {
    await service.send('POST', '/security-group-rules', { body: { security_group_rules: bodies }, signal });
  } catch (error) {
    // One is there already, and all are made at once or none.
    if (!standing || !isCloudError(error, 409)) throw error;
  }
  return id;
}

/** The slice's key, for images that take one only from the cloud. */
async function createKeypair(site: Site, mark: Mark, signal: AbortSignal): Promise<string | null> {
  const { publicKey } = slicePaths(site.root, mark.slice);
  const key = await readFile(publicKey, 'utf8').catch(() => null);
  if (key === null) return null;
  const compute = site.cloud.service('compute');
  const name = `bs${mark.slice}-${site.cloud.projectId.slice(0, 8)}`;
  const [type = '', blob = ''] = key.trim().split(' ');
  const standing = await listOwned(site, 'keypairs', { slice: mark.slice, signal });
  if (standing.some(({ item }) => item.keypair.name === name)) {
    if (standing.some(({ item }) => item.keypair.public_key.includes(blob))) return name;
    await deleteItem(compute, `/os-keypairs/${encodeURIComponent(name)}`, signal);
  }
  const keypair = { name, public_key: `${type} ${blob} ${packMark(mark)}` };
  try {
    await compute.send('POST', '/os-keypairs', { body: { keypair }, signal });
  } catch (error) {
    if (!isCloudError(error, 409)) throw error;
    throw new VirtbsError('name-taken', `a keypair named "${name}" exists, and virtbs did not make it`, {
      hint: `rename it, or choose another slice`,
      cause: error,
    });
  }
  return name;
}

/** Tells whether VMs are reached from outside the cloud at addresses that a router gives them. */
export function needsFloating({ settings }: Site): boolean {
  const { access, jumpHost } = settings;
  return access === 'floating' || (access === 'jump' && jumpHost.address === undefined);
}

/** The plan's networks that have a way out, or a way in. @returns the names */
export function routedNetworks(site: Site, plan: SlicePlan): ReadonlySet<string> {
  const out = plan.networks.filter(({ forward }) => forward === 'nat').map(({ name }) => name);
  const vms = site.settings.access === 'floating' ? plan.vms : [bastionOf(plan)].filter((vm) => vm !== undefined);
  const reached = needsFloating(site) ? vms.flatMap((vm) => accessInterface(vm)?.network ?? []) : [];
  return new Set([...out, ...reached].filter((name) => site.settings.networks[name] === undefined));
}

/** @returns the network it leads to; null where none is needed */
async function createRouter(
  site: Site,
  plan: SlicePlan,
  { mark, networks, signal }: Making & { readonly networks: Promise<ReadonlyMap<string, GroundNetwork>> },
): Promise<string | null> {
  const routed = routedNetworks(site, plan);
  if (routed.size === 0 && !needsFloating(site)) return null;
  const [external, [standing]] = await Promise.all([
    findExternalNetwork(site, signal),
    listOwned(site, 'routers', { slice: plan.slice, signal }),
  ]);
  if (routed.size === 0) return external.id;
  const service = site.cloud.service('network');
  const router = {
    name: `bs${plan.slice}-router`,
    description: writeMark(mark),
    external_gateway_info: { network_id: external.id },
  };
  const schema = z.object({ router: routerSchema });
  const { id } =
    standing?.item ?? (await service.request('POST', '/routers', { body: { router }, schema, signal })).router;
  const ground = await networks;
  const subnets = plan.networks.flatMap(({ name, ipv4 }) => {
    const all = routed.has(name) ? (ground.get(name)?.subnets ?? []) : [];
    return all.filter(({ cidr }) => cidr === ipv4.cidr);
  });
  const known = standing ? await listInterfaces(site, id, signal) : new Set<string>();
  for (const subnet of subnets.filter((each) => !known.has(each.id))) {
    await addInterface(site, { router: id, subnet: subnet.id, signal });
  }
  return external.id;
}

/** Puts a router on a subnet. A request that was carried out and not answered is sent again, and then refused. */
async function addInterface(
  site: Site,
  { router, subnet, signal }: { readonly router: string; readonly subnet: string; readonly signal: AbortSignal },
): Promise<void> {
  const body = { subnet_id: subnet };
  try {
    await site.cloud.service('network').send('PUT', `/routers/${router}/add_router_interface`, { body, signal });
  } catch (error) {
    if (!isCloudError(error, 400, 409) || !(await listInterfaces(site, router, signal)).has(subnet)) throw error;
  }
}
