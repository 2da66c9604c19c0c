import { deleteAndWait, deleteItem } from './delete-item.js';
import { listOwned } from './list-owned.js';
import { partDomain } from './part-name.js';
import { settleAll } from '../../settle-all.js';
import type { Site } from './site.js';

export interface VmNames {
  readonly slice: number;
  readonly domains: readonly string[];
}

/**
 * Removes servers of a slice with their ports, floating addresses and volumes; what is gone is done. A volume of which something
 * is kept stays.
 */
export async function removeVms(site: Site, { slice, domains }: VmNames, signal: AbortSignal): Promise<void> {
  const filter = { slice, signal };
  const { cloud } = site;
  const network = cloud.service('network');
  const [servers, ports, addresses] = await Promise.all([
    listOwned(site, 'servers', filter),
    listOwned(site, 'ports', filter),
    listOwned(site, 'floatingIps', filter),
  ]);
  const names = new Set(domains);
  const theirs = ports.filter(({ item }) => names.has(partDomain(item.name)));
  const ids = new Set(theirs.map(({ item }) => item.id));
  await settleAll([
    ...servers
      .filter(({ item }) => names.has(item.name))
      .map(({ item }) => deleteAndWait(cloud.service('compute'), `/servers/${item.id}`, signal)),
    ...addresses
      .filter(({ item }) => ids.has(item.port_id ?? ''))
      .map(({ item }) => deleteItem(network, `/floatingips/${item.id}`, signal)),
  ]);
  const [volumes, snapshots] = await Promise.all([
    listOwned(site, 'volumes', filter),
    listOwned(site, 'volumeSnapshots', filter),
  ]);
  const kept = new Set(snapshots.map(({ item }) => item.volume_id));
  await settleAll([
    ...theirs.map(({ item }) => deleteItem(network, `/ports/${item.id}`, signal)),
    ...volumes
      .filter(({ item }) => names.has(partDomain(item.name)) && !kept.has(item.id))
      .map(({ item }) => deleteAndWait(cloud.service('volume'), `/volumes/${item.id}`, signal)),
  ]);
}
