import { rm } from 'node:fs/promises';
import { failuresOf, showReasons } from '../../try-all.js';
import { VirtbsError } from '../../errors.js';
import { consolePath, slicePaths } from '../../filenames.js';
import type { DriverContext, Removal } from '../types.js';
import { deleteItem } from './delete-item.js';
import { removeInterface } from './delete-router.js';
import { listOwned } from './list-owned.js';
import { removeVms } from './remove-vms.js';
import type { Site } from './site.js';

/** Destroys servers with all that is theirs, all at once, and then networks; tries everything before it fails. */
export async function removeFromSlice(
  site: Site,
  { vms, networks }: Removal,
  { slice, context }: { readonly slice: number; readonly context: DriverContext },
): Promise<void> {
  const { emit, signal } = context;
  signal.throwIfAborted();
  const paths = slicePaths(site.root, slice);
  const removed = await failuresOf(
    vms.map(async ({ domain, hostname }) => {
      await removeVms(site, { slice, domains: [domain] }, signal);
      await rm(consolePath(paths, hostname), { force: true });
      emit({ type: 'vm-gone', name: domain });
    }),
  );
  const gone = await failuresOf(networks.map(({ uuid }) => removeNetwork(site, { slice, id: uuid }, signal)));
  signal.throwIfAborted();
  const reasons = [...removed, ...gone];
  if (reasons.length > 0) throw new VirtbsError('cloud-failed', showReasons(reasons), { cause: reasons[0] });
}

/** A network goes when the slice's router is off it. */
async function removeNetwork(
  site: Site,
  { slice, id }: { readonly slice: number; readonly id: string },
  signal: AbortSignal,
): Promise<void> {
  const service = site.cloud.service('network');
  const filter = { slice, signal };
  const [routers, subnets] = await Promise.all([
    listOwned(site, 'routers', filter),
    listOwned(site, 'subnets', filter),
  ]);
  const own = subnets.filter(({ item }) => item.network_id === id);
  for (const { item: router } of routers) {
    for (const { item: subnet } of own) {
      await removeInterface(site, { router: router.id, subnet: subnet.id, signal });
    }
  }
  await deleteItem(service, `/networks/${id}`, signal);
}
