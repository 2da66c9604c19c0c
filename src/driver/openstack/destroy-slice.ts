import { VirtbsError } from '../../errors.js';
import { failuresOf, showReasons } from '../../try-all.js';
import type { DriverContext } from '../types.js';
import { deleteAndWait, deleteItem } from './delete-item.js';
import { listOwned } from './list-owned.js';
import { deleteRouter } from './delete-router.js';
import type { Site } from './site.js';

/**
 * Destroys all that carries the slice's mark, also what an interrupted run left half made: each kind when what holds it is
 * gone, everything of a kind at once; tries everything before it fails.
 */
export async function destroySlice(site: Site, slice: number, { emit, signal }: DriverContext): Promise<void> {
  signal.throwIfAborted();
  const filter = { slice, signal };
  const { cloud } = site;
  const [compute, network] = [cloud.service('compute'), cloud.service('network')];
  const failures: unknown[] = [];
  const all = async (works: readonly Promise<unknown>[]): Promise<void> => {
    failures.push(...(await failuresOf(works)));
    signal.throwIfAborted();
  };
  const [servers, addresses, routers] = await Promise.all([
    listOwned(site, 'servers', filter),
    listOwned(site, 'floatingIps', filter),
    listOwned(site, 'routers', filter),
  ]);
  const released = addresses.map(({ item }) => deleteItem(network, `/floatingips/${item.id}`, signal));
  await all([
    ...released,
    ...servers.map(async ({ item: { id, name } }) => {
      await deleteAndWait(compute, `/servers/${id}`, signal);
      emit({ type: 'vm-gone', name });
    }),
    ...routers.map(async ({ item }) => {
      await Promise.allSettled(released);
      await deleteRouter(site, item.id, signal);
    }),
  ]);
  const [ports, images, snapshots, volumes, keypairs, groups] = await Promise.all([
    listOwned(site, 'ports', filter),
    listOwned(site, 'images', filter),
    listOwned(site, 'volumeSnapshots', filter),
    listOwned(site, 'volumes', filter),
    listOwned(site, 'keypairs', filter),
    listOwned(site, 'serverGroups', filter),
  ]);
  await all([
    ...ports.map(({ item }) => deleteItem(network, `/ports/${item.id}`, signal)),
    ...images.map(({ item }) => deleteItem(cloud.service('image'), `/images/${item.id}`, signal)),
    // A volume may be held by its snapshots, and a snapshot by volumes that were made of it.
    ...snapshots.map(({ item }) => deleteAndWait(cloud.service('volume'), `/snapshots/${item.id}`, signal)),
    ...volumes.map(({ item }) => deleteAndWait(cloud.service('volume'), `/volumes/${item.id}`, signal)),
    ...keypairs.map(({ item }) => deleteItem(compute, `/os-keypairs/${encodeURIComponent(item.keypair.name)}`, signal)),
    ...groups.map(({ item }) => deleteItem(compute, `/os-server-groups/${item.id}`, signal)),
  ]);
  const [networks, securityGroups] = await Promise.all([
    listOwned(site, 'networks', filter),
    listOwned(site, 'securityGroups', filter),
  ]);
  await all([
    ...networks.map(({ item }) => deleteItem(network, `/networks/${item.id}`, signal)),
    ...securityGroups.map(({ item }) => deleteItem(network, `/security-groups/${item.id}`, signal)),
  ]);
  const subnets = await listOwned(site, 'subnets', filter);
  await all(subnets.map(({ item }) => deleteItem(network, `/subnets/${item.id}`, signal)));
  if (failures.length === 0) return;
  throw new VirtbsError('cloud-failed', `slice ${slice} could not be destroyed whole\n${showReasons(failures)}`, {
    hint: 'see to the reason above, then wipe again: what is gone is gone, the rest is still known',
  });
}
