import { existsSync } from 'node:fs';
import { networksMeet } from '../../address/networks-meet.js';
import { VirtbsError } from '../../errors.js';
import type { LibvirtPool } from '../../libvirt/libvirt-pool.js';
import type { NetworkSummary } from '../../libvirt/list-networks.js';
import type { CapacitySettings } from '../../config/capacity.js';
import type { SlicePlan } from '../../plan/plan.js';
import { checkCapacity } from '../check-capacity.js';
import type { DriverContext, SliceState } from '../types.js';
import { devicePath, readHostRoutes, type HostRoute } from '../../host/host-routes.js';
import { checkAccess } from './check-access.js';
import { checkDirectIo } from './check-direct-io.js';
import { checkDomains } from './check-domains.js';
import { checkPorts } from './check-ports.js';
import { checkVmMemory, readMemoryLimit } from './check-vm-memory.js';
import { readHostCapacity } from './host-capacity.js';
import { readListing, type Listing } from './inspect-slices.js';
import { planBridges } from './network-xml.js';
import type { Platform } from './platform.js';

export interface CheckOptions {
  readonly libvirt: LibvirtPool;
  readonly root: string;
  /** The slice that will be destroyed before the plan is made. */
  readonly old: SliceState | undefined;
  /** The hypervisor is this machine, so that its devices, routes and memory can be looked at. */
  readonly local: boolean;
  readonly capacity: CapacitySettings;
  readonly platform: Promise<Platform>;
  /** What libvirt has, where that was just seen. */
  readonly listing?: Listing | undefined;
}

/**
 * Throws where the plan cannot be made on this hypervisor, beside what is there and not ours. What libvirt would say only when
 * the old slice is gone is asked here. Changes nothing.
 */
export async function checkPlan(plan: SlicePlan, options: CheckOptions, context: DriverContext): Promise<void> {
  const listing = options.listing ?? (await readListing(options.libvirt, context.signal));
  checkNames(plan, options, listing);
  await checkNetworks(plan, options, listing);
  await checkDomains(plan, { ...options, platform: await options.platform }, context.signal);
  if (!options.local) return;
  const { libvirt, root, old, capacity } = options;
  const host = await readHostCapacity(libvirt, { root, slice: plan.slice, old, listing }, context.signal);
  checkCapacity(plan, host, capacity);
  checkVmMemory(plan, await readMemoryLimit());
  await checkAccess(root, libvirt, context.signal);
  await checkDirectIo(plan, root);
  await checkPorts(plan, { old, listing }, context.signal);
}

function checkNames(plan: SlicePlan, { old }: CheckOptions, listing: Listing): void {
  const ours = new Set(old?.vms.map(({ uuid }) => uuid));
  const domains = listing.domains.filter(({ uuid }) => !ours.has(uuid));
  for (const vm of plan.vms) {
    const other = domains.find(({ name, uuid }) => name === vm.domain || uuid === vm.uuid);
    if (!other) continue;
    throw new VirtbsError(
      'name-taken',
      `a domain named "${other.name}" exists that virtbs did not make for slice ${plan.slice}`,
      {
        hint: `rename it (virsh domrename ${other.name} …), or choose another slice`,
      },
    );
  }
}

async function checkNetworks(plan: SlicePlan, { old, local }: CheckOptions, listing: Listing): Promise<void> {
  const ours = new Set(old?.networks.map(({ uuid }) => uuid));
  const foreign = listing.networks.filter(({ uuid }) => !ours.has(uuid));
  const ourBridges = new Set(old?.networks.map(({ name }) => name));
  for (const { name } of planBridges(plan)) {
    const other = foreign.find((network) => network.name === name || network.bridge === name);
    if (other) throw networkTaken(`libvirt network "${other.name}" has the name or bridge "${name}"`, plan);
    if (local && !ourBridges.has(name) && existsSync(devicePath(name))) {
      throw networkTaken(`a network device named "${name}" exists`, plan);
    }
  }
  const routes = local ? (await readHostRoutes()).filter(({ device }) => !ourBridges.has(device)) : [];
  assertRangesFree(plan, [...foreign.flatMap(describeNetwork), ...routes.map(describeRoute)]);
}

function networkTaken(what: string, { slice }: SlicePlan): VirtbsError {
  return new VirtbsError('name-taken', `${what}, and virtbs did not make it for slice ${slice}`, {
    hint: 'rename or remove it, or choose another slice',
  });
}

interface TakenRange {
  readonly cidr: string;
  readonly holder: string;
}

function describeNetwork({ name, addresses }: NetworkSummary): readonly TakenRange[] {
  return addresses.map((cidr) => ({ cidr, holder: `libvirt network "${name}" (${cidr})` }));
}

function describeRoute({ cidr, device }: HostRoute): TakenRange {
  return { cidr, holder: `the host's route ${cidr} to ${device}` };
}

function assertRangesFree(plan: SlicePlan, taken: readonly TakenRange[]): void {
  for (const { name, ipv4, ipv6 } of plan.networks) {
    for (const { cidr } of [ipv4, ipv6]) {
      const clash = taken.find((range) => networksMeet(range.cidr, cidr));
      if (!clash) continue;
      throw new VirtbsError(
        'network-clash',
        `network "${name}" of slice ${plan.slice} (${cidr}) meets ${clash.holder}`,
        {
          hint: 'choose another slice, or move address_pool.ipv4_start to a free range',
        },
      );
    }
  }
}
