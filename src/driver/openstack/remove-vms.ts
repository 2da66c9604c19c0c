import { deleteAndWait, deleteItem } from './delete-item.js';
import { listOwned } from './list-owned.js';
import { partDomain } from './part-name.js';
import type { Site } from './site.js';

export interface VmNames {
  readonly slice: number;
  readonly domains: readonly string[];
}

/** Removes servers of a slice with their ports, floating addresses and volumes; what is gone is done. */
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
  const volumes = await listOwned(site, 'volumes', filter);
  await settleAll([
    ...theirs.map(({ item }) => deleteItem(network, `/ports/${item.id}`, signal)),
    ...volumes
      .filter(({ item }) => names.has(partDomain(item.name)))
      .map(({ item }) => deleteAndWait(cloud.service('volume'), `/volumes/${item.id}`, signal)),
  ]);
}

/** Waits for all, and fails with the first that failed. */
async function settleAll(works: readonly Promise<unknown>[]): Promise<void> {
  for (const result of await Promise.allSettled(works)) if (result.status === 'rejected') throw result.reason;
}
