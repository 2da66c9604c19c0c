import type { KeptVm } from '../types.js';
import { deleteAndWait, deleteItem } from './delete-item.js';
import { listOwned } from './list-owned.js';
import { settleAll } from '../../settle-all.js';
import type { Site } from './site.js';

export interface Forgetting {
  readonly slice: number;
  /** The VMs whose kept disks are still needed. */
  readonly kept: readonly KeptVm[];
  readonly signal: AbortSignal;
}

/** Removes images and volume snapshots of a slice that keep what nobody needs, and then volumes that stood for them alone. */
export async function forgetKept(site: Site, { slice, kept, signal }: Forgetting): Promise<void> {
  const filter = { slice, signal };
  const needed = new Set(kept.flatMap(({ disks }) => disks.map(({ layer }) => layer)));
  const [images, snapshots] = await Promise.all([
    listOwned(site, 'images', filter),
    listOwned(site, 'volumeSnapshots', filter),
  ]);
  const volume = site.cloud.service('volume');
  await settleAll([
    ...images
      .filter(({ mark, item }) => mark.root === site.root && !needed.has(item.id))
      .map(({ item }) => deleteItem(site.cloud.service('image'), `/images/${item.id}`, signal)),
    ...snapshots
      .filter(({ mark, item }) => mark.root === site.root && !needed.has(item.id))
      .map(({ item }) => deleteAndWait(volume, `/snapshots/${item.id}`, signal)),
  ]);
  const origins = new Set(snapshots.flatMap(({ item }) => (needed.has(item.id) ? [item.volume_id] : [])));
  const volumes = await listOwned(site, 'volumes', filter);
  await settleAll(
    volumes
      .filter(({ mark, item }) => mark.root === site.root && item.status === 'available' && !origins.has(item.id))
      .map(({ item }) => deleteAndWait(volume, `/volumes/${item.id}`, signal)),
  );
}
