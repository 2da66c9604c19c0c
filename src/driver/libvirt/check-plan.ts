import { existsSync } from 'node:fs';
import { networksMeet } from '../../address/networks-meet.js';
import { VirtbsError } from '../../errors.js';
import type { LibvirtPool } from '../../libvirt/libvirt-pool.js';
import type { NetworkSummary } from '../../libvirt/list-networks.js';
import type { CapacitySettings } from '../../plan/capacity.js';
import type { SlicePlan } from '../../plan/plan.js';
import { checkCapacity } from '../check-capacity.js';
import type { DriverContext, SliceState } from '../types.js';
import { devicePath, readHostRoutes, type HostRoute } from '../../host/host-routes.js';
import { checkAccess } from './check-access.js';
import { readHostCapacity } from './host-capacity.js';
import { planBridges } from './network-xml.js';

export interface CheckOptions {
  readonly libvirt: LibvirtPool;
  readonly root: string;
  /** What will be destroyed before the plan is built. */
  readonly old: SliceState | undefined;
  /** The hypervisor is this machine, so that its devices, routes and memory can be looked at. */
  readonly local: boolean;
  readonly capacity: CapacitySettings;
}

/** Throws where the plan cannot be built beside what is there and not ours. Changes nothing. */
export async function checkPlan(plan: SlicePlan, options: CheckOptions, context: DriverContext): Promise<void> {
  await checkNames(plan, options, context);
  await checkNetworks(plan, options, context);
  if (!options.local) return;
  const { libvirt, root, old, capacity } = options;
  const host = await readHostCapacity(libvirt, { root, slice: plan.slice, old }, context.signal);
  checkCapacity(plan, host, capacity);
  await checkAccess(root, libvirt, context.signal);
}

async function checkNames(plan: SlicePlan, { libvirt, old }: CheckOptions, { signal }: DriverContext): Promise<void> {
  const ours = new Set(old?.vms.map(({ uuid }) => uuid));
  const domains = (await libvirt.listDomains(null, signal)).filter(({ uuid }) => !ours.has(uuid));
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

async function checkNetworks(plan: SlicePlan, options: CheckOptions, { signal }: DriverContext): Promise<void> {
  const { libvirt, old, local } = options;
  const ours = new Set(old?.networks.map(({ uuid }) => uuid));
  const foreign = (await libvirt.listNetworks(null, signal)).filter(({ uuid }) => !ours.has(uuid));
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
