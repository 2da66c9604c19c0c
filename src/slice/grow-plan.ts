import { renderSize } from '../text/render-size.js';
import { isDeepStrictEqual } from 'node:util';
import { VirtbsError } from '../errors.js';
import type { NetworkPlan, SlicePlan, VmPlan } from '../plan/plan.js';

const MIB = 1024 ** 2;

/** The changes that turn a standing slice into the one that is asked for. */
export interface Growth {
  /** The slice as it will be: what stays as it stands, and what is added. */
  readonly plan: SlicePlan;
  /** VMs that are to be made. */
  readonly missing: readonly VmPlan[];
  /** VMs that are asked for and stand. */
  readonly kept: readonly VmPlan[];
  /** VMs that stand and are not asked for. */
  readonly surplus: readonly VmPlan[];
  /** Differences between the kept VMs and networks and those that are asked for. */
  readonly differences: readonly Difference[];
}

export interface Difference {
  /** A host name or a network. */
  readonly name: string;
  readonly kind: 'vm' | 'network';
  /** `memory is 128 MiB, asked for 256 MiB` */
  readonly differences: readonly string[];
}

export interface GrowthOptions {
  /** Surplus VMs, and networks that are then unused, are not part of the slice any more. */
  readonly prune: boolean;
}

/**
 * Lays what is asked for over what stands. What stands keeps everything that it has. Pure.
 *
 * @throws VirtbsError `plan-invalid` where what is added would be in the way of what stays
 */
export function growPlan(standing: SlicePlan, asked: SlicePlan, { prune }: GrowthOptions): Growth {
  const names = new Set(asked.vms.map(({ hostname }) => hostname));
  const kept = standing.vms.filter(({ hostname }) => names.has(hostname));
  const surplus = standing.vms.filter(({ hostname }) => !names.has(hostname));
  const staying = prune ? kept : standing.vms;
  const missing = asked.vms.filter(({ hostname }) => !kept.some((vm) => vm.hostname === hostname));
  const used = new Set([...staying, ...missing].flatMap(({ interfaces }) => interfaces.map(({ network }) => network)));
  const bridges = new Set(
    [...standing.networks, ...asked.networks].flatMap((net) => (used.has(net.name) ? net.bridge : [])),
  );
  const networks = standing.networks.filter(({ bridge }) => !prune || bridges.has(bridge));
  const added = asked.networks.filter(({ name }) => !networks.some((network) => network.name === name));
  const problems = [...addressProblems(staying, missing), ...networkProblems(networks, { asked, added })];
  if (problems.length > 0) {
    throw new VirtbsError('plan-invalid', problems.join('\n'), {
      hint: 'nothing was touched; --prune takes away what is not asked for, cycle builds the slice anew',
    });
  }
  const plan: SlicePlan = {
    ...asked,
    networks: [...networks, ...added].toSorted((one, other) => one.id - other.id),
    vms: [...staying, ...missing].toSorted((one, other) => one.offset - other.offset),
  };
  return { plan, missing, kept, surplus, differences: findDifferences({ kept, networks, asked }) };
}

/** Offsets of roles without a range of their own depend on what else is asked for. */
function addressProblems(staying: readonly VmPlan[], missing: readonly VmPlan[]): readonly string[] {
  return missing.flatMap(({ hostname, role, offset }) => {
    const holder = staying.find((vm) => vm.offset === offset);
    return holder
      ? [`${hostname}: its addresses are those of ${holder.hostname}, which stands: give role "${role}" a first_offset`]
      : [];
  });
}

function networkProblems(
  standing: readonly NetworkPlan[],
  { asked, added }: { readonly asked: SlicePlan; readonly added: readonly NetworkPlan[] },
): readonly string[] {
  const moved = asked.networks.flatMap((network) => {
    const stands = standing.find(({ name }) => name === network.name);
    return stands &&
      (stands.id !== network.id || stands.ipv4.cidr !== network.ipv4.cidr || stands.bridge !== network.bridge)
      ? [
          `${network.name}: the network stands as number ${stands.id} (${stands.ipv4.cidr}) on ${stands.bridge}, and is asked for as number ${network.id} (${network.ipv4.cidr}) on ${network.bridge}`,
        ]
      : [];
  });
  const inTheWay = added.flatMap((network) => {
    const other = standing.find(({ id, bridge }) => id === network.id || bridge === network.bridge);
    return other ? [`${network.name}: its number or bridge is that of network "${other.name}", which stands`] : [];
  });
  return [...moved, ...inTheWay];
}

interface Compared {
  readonly kept: readonly VmPlan[];
  readonly networks: readonly NetworkPlan[];
  readonly asked: SlicePlan;
}

function findDifferences({ kept, networks, asked }: Compared): readonly Difference[] {
  const vms = kept.map((vm): Difference => {
    const wanted = asked.vms.find(({ hostname }) => hostname === vm.hostname);
    return { name: vm.hostname, kind: 'vm', differences: wanted ? vmDifferences(vm, wanted) : [] };
  });
  const nets = networks.map((network): Difference => {
    const wanted = asked.networks.find(({ name }) => name === network.name);
    return { name: network.name, kind: 'network', differences: wanted ? networkDifferences(network, wanted) : [] };
  });
  return [...vms, ...nets].filter(({ differences }) => differences.length > 0);
}

/** The parts of a VM that are compared. A part that is more than a number is only named. */
const VM_PARTS = {
  interfaces: 'networks',
  disks: 'disks',
  cache: 'cache',
  virtType: 'virt_type',
  graphics: 'graphics',
  boot: 'boot',
  wait: 'wait',
  user: 'user',
  firstBoot: 'first boot',
  share: 'share',
  labels: 'labels',
} as const satisfies Partial<Record<keyof VmPlan, string>>;

function vmDifferences(vm: VmPlan, wanted: VmPlan): readonly string[] {
  const numbers = [
    ...(vm.memoryMiB === wanted.memoryMiB
      ? []
      : [`memory is ${renderSize(vm.memoryMiB * MIB)}, asked for ${renderSize(wanted.memoryMiB * MIB)}`]),
    ...(vm.vcpu === wanted.vcpu ? [] : [`vcpu is ${vm.vcpu}, asked for ${wanted.vcpu}`]),
  ];
  const parts = Object.entries(VM_PARTS) as [keyof typeof VM_PARTS, string][];
  const others = parts.flatMap(([key, word]) => (isDeepStrictEqual(vm[key], wanted[key]) ? [] : [`other ${word}`]));
  return [...numbers, ...others];
}

function networkDifferences(network: NetworkPlan, wanted: NetworkPlan): readonly string[] {
  return [
    ...(network.mtu === wanted.mtu ? [] : [`mtu is ${network.mtu}, asked for ${wanted.mtu}`]),
    ...(network.forward === wanted.forward ? [] : [`forward is ${network.forward}, asked for ${wanted.forward}`]),
    ...(isDeepStrictEqual(network.serving, wanted.serving) ? [] : ['it serves other things']),
    ...(isDeepStrictEqual([network.ipv4, network.ipv6], [wanted.ipv4, wanted.ipv6]) ? [] : ['other host addresses']),
  ];
}
