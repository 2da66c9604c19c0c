import { jumpDestination } from '../../config/jump-host.js';
import type { SlicePlan, VmPlan } from '../../plan/plan.js';
import { listOwned } from './list-owned.js';
import { partName } from './part-name.js';
import { roleSettings } from './role-settings.js';
import type { Site } from './site.js';

interface Filter {
  readonly slice?: number | undefined;
  readonly signal: AbortSignal;
}

/** At what addresses ports are reached, by their names. */
export type PortAddresses = ReadonlyMap<string, PortAddress>;

export interface PortAddress {
  /** The floating one, or that on its network. */
  readonly address: string;
  readonly floating: boolean;
}

export async function portAddresses(site: Site, filter: Filter): Promise<PortAddresses> {
  const [ports, addresses] = await Promise.all([
    listOwned(site, 'ports', filter),
    listOwned(site, 'floatingIps', filter),
  ]);
  const floating = new Map(addresses.map(({ item }) => [item.port_id, item.floating_ip_address]));
  return new Map(
    ports.flatMap(({ item: { id, name, fixed_ips } }) => {
      const fixed = fixed_ips.map(({ ip_address }) => ip_address);
      const address = floating.get(id) ?? fixed.find((each) => !each.includes(':')) ?? fixed[0];
      return address === undefined ? [] : [[name, { address, floating: floating.has(id) }]];
    }),
  );
}

/** At what address ssh reaches a VM: that of its port, or the planned one where it has none; null where it reaches none. */
export function reachedAddress(vm: VmPlan, addresses: PortAddresses): string | null {
  return addresses.get(accessPort(vm) ?? '')?.address ?? vm.accessAddress;
}

/** The plan with the addresses that its servers have now, as whom one logs in to them and through which machine. */
export async function reachPlan(site: Site, plan: SlicePlan, signal: AbortSignal): Promise<SlicePlan> {
  const addresses = await portAddresses(site, { slice: plan.slice, signal });
  const vms = plan.vms.map((vm) => ({ ...vm, accessAddress: reachedAddress(vm, addresses) }));
  const users = vms.flatMap(({ hostname, role }) => {
    const user = roleSettings(site.settings, role).sshUser;
    return user === undefined ? [] : [[hostname, user] as const];
  });
  return { ...plan, vms, access: { jump: jumpOf(site, plan, addresses), users: Object.fromEntries(users) } };
}

/** The NIC that ssh is tried on. */
export function accessInterface({ accessAddress, interfaces }: VmPlan): VmPlan['interfaces'][number] | undefined {
  return accessAddress === null ? undefined : interfaces.find(({ ipv4 }) => ipv4 === accessAddress);
}

/** The name of the port that ssh is tried at. */
export function accessPort(vm: VmPlan): string | undefined {
  const nic = accessInterface(vm);
  return nic && partName(vm, nic.network);
}

/** The VM of the plan that the others are behind, where no other machine is told. */
export function bastionOf({ vms }: SlicePlan): VmPlan | undefined {
  return vms.find((vm) => accessInterface(vm) !== undefined && vm.wait === 'ssh');
}

function jumpOf({ settings }: Site, plan: SlicePlan, addresses: PortAddresses): string | null {
  if (settings.access === 'floating') return builtBastion(plan, addresses);
  if (settings.access !== 'jump') return null;
  const { address, user = 'root', port } = settings.jumpHost;
  if (address !== undefined) return jumpDestination({ address, user, port });
  return bastionOf(plan)?.hostname ?? null;
}

/** The VM that others are behind in a slice that was built with `access: jump`, which is not told with every command. */
function builtBastion({ vms }: SlicePlan, addresses: PortAddresses): string | null {
  const reached = vms.filter((vm) => accessInterface(vm) !== undefined && vm.wait === 'ssh');
  const floating = reached.filter((vm) => addresses.get(accessPort(vm) ?? '')?.floating === true);
  return floating.length < reached.length ? (floating[0]?.hostname ?? null) : null;
}
