import { VirtbsError } from '../../errors.js';
import { findPortHolder, readListeners } from '../../host/find-port-holder.js';
import { openHost } from '../../host/host.js';
import { SERVICE_NAMES, servingPorts, type Service } from '../../host/serving-ports.js';
import type { SlicePlan } from '../../plan/plan.js';
import type { SliceState } from '../types.js';
import { findStandingNetworks } from './find-standing-networks.js';
import type { Listing } from './inspect-slices.js';
import { networkHosts, planBridges, type BridgePlan } from './network-xml.js';

/**
 * Throws where somebody else holds a port at which a network is to serve names or addresses, so that libvirt could not start it.
 * A network that stays as it is needs nothing.
 *
 * @throws VirtbsError `network-clash`, with who holds it where that can be known
 */
export async function checkPorts(
  plan: SlicePlan,
  { old, listing }: { readonly old: SliceState | undefined; readonly listing: Pick<Listing, 'networks'> },
  signal: AbortSignal,
): Promise<void> {
  const host = openHost(signal);
  const listeners = await readListeners(host);
  const standing = old?.networks.map(({ name }) => name) ?? [];
  for (const bridge of planBridges(plan)) {
    for (const service of servicesOf(plan, bridge)) {
      for (const need of servingPorts(service, addressesOf(bridge), bridge.name)) {
        const holder = await findPortHolder(need, { host, listeners, standing });
        if (!holder || (standing.includes(bridge.name) && (await stands(plan, bridge, listing)))) continue;
        const { port, protocol } = need;
        throw new VirtbsError(
          'network-clash',
          `network ${bridge.name} could not serve ${SERVICE_NAMES[service]}: ` +
            `${holder.program ?? 'another program'} holds its port (${holder.where})`,
          {
            hint: `stop it, or let it listen at addresses of its own only; sudo ss -lnp${protocol[0]} sport = ${port} shows it`,
          },
        );
      }
    }
  }
}

function servicesOf(plan: SlicePlan, bridge: BridgePlan): readonly Service[] {
  const { networks } = bridge;
  const hosts = networkHosts(plan, bridge).length > 0;
  return [
    ...(networks.some(({ serving }) => serving.dns) ? (['dns'] as const) : []),
    ...(hosts && networks.some(({ serving }) => serving.ipv4) ? (['dhcp'] as const) : []),
    ...(hosts && networks.some(({ serving }) => serving.ipv6) ? (['dhcpv6'] as const) : []),
  ];
}

function addressesOf({ networks }: BridgePlan): readonly string[] {
  return networks.flatMap(({ ipv4 }) => (ipv4.host === null ? [] : [ipv4.host]));
}

async function stands(
  plan: SlicePlan,
  { name }: BridgePlan,
  { networks }: Pick<Listing, 'networks'>,
): Promise<boolean> {
  return (await findStandingNetworks(plan, networks)).has(name);
}
