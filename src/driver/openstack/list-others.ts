import type { DriverContext, OtherItem } from '../types.js';
import { listOwned, type OwnedItem } from './list-owned.js';
import type { Site } from './site.js';
import { readVmRecord } from './vm-record.js';

/**
 * Lists what `destroySlice` takes away beside VMs and networks, kind by kind, also what an interrupted run left. Ports of
 * servers and subnets are not named: they are parts of VMs and networks.
 */
export async function listOthers(
  site: Site,
  slice: number,
  { signal }: Pick<DriverContext, 'signal'>,
): Promise<readonly OtherItem[]> {
  const filter = { slice, signal };
  const kinds = await Promise.all([
    listOwned(site, 'servers', filter).then((owned) => items('server', owned.filter(isNoVm), named)),
    listOwned(site, 'ports', filter).then((owned) => items('port', owned.filter(isFree), named)),
    listOwned(site, 'volumes', filter).then((owned) => items('volume', owned, named)),
    listOwned(site, 'volumeSnapshots', filter).then((owned) => items('volume snapshot', owned, named)),
    listOwned(site, 'images', filter).then((owned) => items('image', owned, named)),
    listOwned(site, 'floatingIps', filter).then((owned) =>
      items('floating IP', owned, (item) => item.floating_ip_address),
    ),
    listOwned(site, 'routers', filter).then((owned) => items('router', owned, named)),
    listOwned(site, 'securityGroups', filter).then((owned) => items('security group', owned, named)),
    // The mark stands behind its name.
    listOwned(site, 'serverGroups', filter).then((owned) =>
      items('server group', owned, ({ name }) => name.slice(0, name.lastIndexOf(' '))),
    ),
    listOwned(site, 'keypairs', filter).then((owned) => items('keypair', owned, ({ keypair }) => keypair.name)),
  ]);
  return kinds.flat();
}

function items<T>(
  kind: string,
  owned: readonly { readonly item: T }[],
  name: (item: T) => string,
): readonly OtherItem[] {
  const names = owned.map(({ item }) => name(item));
  return names.sort((one, other) => one.localeCompare(other)).map((each) => ({ kind, name: each }));
}

/** Returns a name, or the id of what has none. */
function named({ id, name }: { readonly id: string; readonly name: string | null }): string {
  return name === null || name === '' ? id : name;
}

function isNoVm({ item }: OwnedItem<'servers'>): boolean {
  return readVmRecord(item.metadata) === null;
}

function isFree({ item }: OwnedItem<'ports'>): boolean {
  return item.device_id === '';
}
