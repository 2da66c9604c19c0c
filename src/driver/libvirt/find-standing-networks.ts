import { Resolver } from 'node:dns/promises';
import { existsSync } from 'node:fs';

import type { NetworkSummary } from '../../libvirt/list-networks.js';
import type { SlicePlan } from '../../plan/plan.js';
import { devicePath } from '../../host/host-routes.js';
import { hostUpdates } from './fit-networks.js';
import { parseNetworkMetadata } from './metadata.js';
import { networkDigest, planBridges, type BridgePlan } from './network-xml.js';

/** Milliseconds for a name server on this very machine. */
const DNS_LIMIT = 250;

/**
 * The names of those networks of the plan that stand already, defined exactly as the plan wants them, with their bridge
 * there and their name server answering; `networks` are all of libvirt's, with our metadata. Making a network anew costs libvirt up to a second, most of it firewall rules.
 */
export async function findStandingNetworks(
  plan: SlicePlan,
  networks: readonly NetworkSummary[],
): Promise<ReadonlySet<string>> {
  const standing = await Promise.all(
    planBridges(plan).map(async (bridge) => {
      const found = networks.find(({ uuid, active }) => uuid === bridge.uuid && active);
      const metadata = found?.metadata == null ? null : parseNetworkMetadata(found.metadata);
      if (!found || metadata?.slice !== plan.slice || metadata.digest !== networkDigest(plan, bridge)) return [];
      if (hostUpdates(plan, bridge, found).length > 0) return [];
      return existsSync(devicePath(bridge.name)) && (await answersNames(plan, bridge)) ? [bridge.name] : [];
    }),
  );
  return new Set(standing.flat());
}

async function answersNames(plan: SlicePlan, { networks }: BridgePlan): Promise<boolean> {
  const served = networks.find(({ serving }) => serving.dns);
  const vm = plan.vms.find(({ interfaces }) => interfaces.some(({ network }) => network === served?.name));
  if (!served || !vm || served.ipv4.host === null) return true;
  const resolver = new Resolver({ timeout: DNS_LIMIT, tries: 1 });
  resolver.setServers([served.ipv4.host]);
  return await resolver.resolve4(vm.hostname).then(
    () => true,
    () => false,
  );
}
