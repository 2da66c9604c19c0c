import { jumpDestination } from '../../output/jump-host.js';
import type { SlicePlan, VmPlan } from '../../plan/plan.js';
import { listOwned } from './list-owned.js';
import { roleSettings } from './role-settings.js';
import type { PortResource } from './resources.js';
import type { Site } from './site.js';

interface Filter {
  readonly slice?: number | undefined;
  readonly signal: AbortSignal;
}

/** Floating addresses by the id of the server that has them. */
export async function floatingAddresses(site: Site, filter: Filter): Promise<ReadonlyMap<string, string>> {
  const [ports, addresses] = await Promise.all([
    listOwned(site, 'ports', filter),
    listOwned(site, 'floatingIps', filter),
  ]);
  const servers = new Map(ports.map(({ item }) => [item.id, item.device_id]));
  return new Map(
    addresses.flatMap(({ item: { port_id, floating_ip_address } }) => {
      const server = servers.get(port_id ?? '');
      return server === undefined || server === '' ? [] : [[server, floating_ip_address]];
    }),
  );
}

/** The plan with the addresses that its servers have now, as whom one logs in to them and through which machine. */
export async function reachPlan(site: Site, plan: SlicePlan, signal: AbortSignal): Promise<SlicePlan> {
  const filter = { slice: plan.slice, signal };
  const [ports, addresses] = await Promise.all([
    listOwned(site, 'ports', filter),
    listOwned(site, 'floatingIps', filter),
  ]);
  const portOf = (vm: VmPlan): PortResource | undefined =>
    ports.find(({ item }) => item.mac_address === accessInterface(vm)?.mac)?.item;
  const vms = plan.vms.map((vm) => {
    const port = portOf(vm);
    const floating = addresses.find(({ item }) => port !== undefined && item.port_id === port.id)?.item;
    const address = floating?.floating_ip_address ?? port?.fixed_ips.at(0)?.ip_address;
    return vm.accessAddress === null ? vm : { ...vm, accessAddress: address ?? vm.accessAddress };
  });
  const users = vms.flatMap(({ hostname, role }) => {
    const user = roleSettings(site.settings, role).sshUser;
    return user === undefined ? [] : [[hostname, user] as const];
  });
  return { ...plan, vms, access: { jump: jumpOf(site, plan), users: Object.fromEntries(users) } };
}

/** The NIC that ssh is tried on. */
export function accessInterface({ accessAddress, interfaces }: VmPlan): VmPlan['interfaces'][number] | undefined {
  return accessAddress === null ? undefined : interfaces.find(({ ipv4 }) => ipv4 === accessAddress);
}

/** The VM of the plan that the others are behind, where no other machine is told. */
export function bastionOf({ vms }: SlicePlan): VmPlan | undefined {
  return vms.find((vm) => accessInterface(vm) !== undefined && vm.wait === 'ssh');
}

function jumpOf({ settings }: Site, plan: SlicePlan): string | null {
  if (settings.access !== 'jump') return null;
  const { address, user = 'root', port } = settings.jumpHost;
  if (address !== undefined) return jumpDestination({ address, user, port });
  return bastionOf(plan)?.hostname ?? null;
}
