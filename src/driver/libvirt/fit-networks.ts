import { VirtbsError } from '../../errors.js';
import type { LibvirtPool } from '../../libvirt/libvirt-pool.js';
import type { NetworkSummary } from '../../libvirt/list-networks.js';
import { hostKey } from '../../libvirt/network-host.js';
import type { HostUpdate } from '../../libvirt/update-network-hosts.js';
import type { SlicePlan } from '../../plan/plan.js';
import { explainLibvirt } from './libvirt-failure.js';
import { parseNetworkMetadata } from './metadata.js';
import { networkDigest, networkHosts, planBridges, type BridgePlan } from './network-xml.js';

/**
 * Gives the slice's networks that are up the reservations and names of the plan, and takes away those that it does not have;
 * VMs on them stay connected. `networks` are all of libvirt's, with our metadata.
 *
 * @returns the names of the bridges that are up
 * @throws VirtbsError `network-clash` where a network differs in more, which cannot be changed below running VMs
 */
export async function fitNetworks(
  plan: SlicePlan,
  networks: readonly NetworkSummary[],
  { libvirt, signal }: { readonly libvirt: LibvirtPool; readonly signal: AbortSignal },
): Promise<ReadonlySet<string>> {
  const fitted = await Promise.all(
    planBridges(plan).map(async (bridge) => {
      const found = networks.find(({ uuid, active }) => uuid === bridge.uuid && active);
      if (!found) return [];
      assertSameNetwork(plan, bridge, found);
      const updates = hostUpdates(plan, bridge, found);
      const what = `network ${bridge.name}`;
      if (updates.length > 0) {
        await explainLibvirt(what, () => libvirt.updateNetworkHosts(bridge.uuid, updates, signal));
      }
      return [bridge.name];
    }),
  );
  return new Set(fitted.flat());
}

/**
 * Returns the changes that give a network the hosts of the plan. Removals come first, because an old host may be in the way.
 */
export function hostUpdates(plan: SlicePlan, bridge: BridgePlan, { hosts }: NetworkSummary): readonly HostUpdate[] {
  const wanted = new Map(networkHosts(plan, bridge).map((host) => [hostKey(host), host]));
  const there = new Map(hosts.map((host) => [hostKey(host), host]));
  return [
    ...[...there].flatMap(([key, host]) => (wanted.has(key) ? [] : [{ action: 'delete' as const, host }])),
    ...[...wanted].flatMap(([key, host]) => (there.has(key) ? [] : [{ action: 'add' as const, host }])),
  ];
}

function assertSameNetwork(plan: SlicePlan, bridge: BridgePlan, { metadata }: NetworkSummary): void {
  const found = metadata === null ? null : parseNetworkMetadata(metadata);
  if (found?.slice === plan.slice && found.digest === networkDigest(plan, bridge)) return;
  throw new VirtbsError('network-clash', `network ${bridge.name} is up and not as the plan wants it`, {
    hint: 'a network cannot be changed below running VMs: use cycle',
  });
}
