import type { Connection } from './connection.js';
import { hostXml, type NetworkHost } from './network-host.js';
import { withNetwork } from './with-network.js';

/** A host that a network is to have, or no longer. */
export interface HostUpdate {
  readonly action: 'add' | 'delete';
  readonly host: NetworkHost;
}

/** The numbers of `virNetworkUpdateCommand`, `…Section` and `…Flags`. */
const COMMANDS = { delete: 2, add: 3 } as const;
const SECTIONS = { dhcp: 4, dns: 10 } as const;
const LIVE = 1;
const CONFIG = 2;

/**
 * Changes a network's hosts one after the other, in its definition and, where it is active, at once. dnsmasq reads them
 * anew; the bridge and what is connected to it are not touched. For a reservation libvirt lays the network's firewall rules
 * anew as well, which takes a tenth of a second and holds packets to other networks up for that long.
 *
 * Source: https://libvirt.org/html/libvirt-libvirt-network.html#virNetworkUpdate
 */
export async function updateNetworkHosts(
  connection: Connection,
  network: string,
  updates: readonly HostUpdate[],
): Promise<void> {
  await withNetwork(connection, network, async (handle) => {
    const active = (await connection.call('virNetworkIsActive', handle)) === 1;
    const flags = active ? LIVE | CONFIG : CONFIG;
    for (const { action, host } of updates) {
      const place = [
        COMMANDS[action],
        SECTIONS[host.section],
        host.section === 'dhcp' ? host.parentIndex : -1,
      ] as const;
      await connection.call('virNetworkUpdate', handle, ...place, hostXml(host, action), flags);
    }
  });
}
