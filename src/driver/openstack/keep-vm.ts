import * as z from 'zod';
import { VirtbsError } from '../../errors.js';
import type { DiskPlan } from '../../plan/plan.js';
import type { KeptDisk, KeptVm } from '../types.js';
import { actOnServer } from './act-on-server.js';
import { lateError, readServer } from './await-server.js';
import type { VmServer } from './find-servers.js';
import { serverPower } from './inspect-slices.js';
import { keptItem } from './kept-item.js';
import type { Mark } from './mark.js';
import { imageSchema, volumeSnapshotSchema } from './resources.js';
import { settleAll } from '../../settle-all.js';
import { markedRoot, type Site } from './site.js';
import { watch } from './watch.js';

const GIB = 1024 ** 3;

export interface KeepOptions {
  /** Names of all things that the cloud was asked to make. */
  readonly names: Set<string>;
  readonly signal: AbortSignal;
}

/** Keeps the disks of a server that stands still. Volumes come first: of a server that is made an image of, some clouds can make no snapshots of volumes. */
export async function keepVm(site: Site, each: VmServer, options: KeepOptions): Promise<KeptVm> {
  const { vm, server } = each;
  const [root, ...further] = vm.disks;
  if (!root) throw new Error(`${vm.hostname} has no disk`);
  const volumes = await settleAll(further.map((disk) => keepVolume(site, each, { ...options, disk })));
  const image = await keepImage(site, each, { ...options, disk: root });
  const power = serverPower(server.item) === 'off' ? 'off' : 'running';
  return { hostname: vm.hostname, power, disks: [image, ...volumes] };
}

type DiskOptions = KeepOptions & { readonly disk: DiskPlan };

/** Source: https://docs.openstack.org/api-ref/compute/#create-image-createimage-action */
async function keepImage(site: Site, each: VmServer, { disk, names, signal }: DiskOptions): Promise<KeptDisk> {
  const { vm, server } = each;
  const { id } = server.item;
  const kept = keptItem(vm, disk, newMark(site, each));
  names.add(kept.name);
  await actOnServer(site, id, { createImage: { name: kept.name, metadata: kept.metadata } }, signal);
  // Which image it is the answer says only from microversion 2.45 on.
  const query = { name: kept.name };
  const service = site.cloud.service('image');
  const [made] = await service.list('/images', 'images', { schema: imageSchema, query, signal });
  if (!made) throw new VirtbsError('cloud-failed', `${vm.hostname}: the cloud makes no image of it`);
  let status = '';
  const look = async (): Promise<KeptDisk | undefined> => {
    const now = await readServer(site, id, signal);
    const image = await service.request('GET', `/images/${made.id}`, { schema: imageSchema, signal });
    const settled = now !== null && !now['OS-EXT-STS:task_state'];
    ({ status } = image);
    if (status === 'active' && settled) {
      return { name: disk.name, layer: image.id, sizeBytes: disk.sizeBytes, keptBytes: image.size ?? 0 };
    }
    if (now !== null && !(settled && status === 'queued') && status !== 'killed' && status !== 'deleted')
      return undefined;
    throw new VirtbsError('cloud-failed', `${vm.hostname}: the cloud could not make an image of it`, {
      hint: 'the operators of the cloud know why',
    });
  };
  const late = (): VirtbsError => lateError(`${vm.hostname}: its image`, status, site);
  return await watch({ clock: site.cloud.clock, look, limit: site.settings.missingTimeout, late, signal });
}

/** Source: https://docs.openstack.org/api-ref/block-storage/v3/#create-a-snapshot */
async function keepVolume(site: Site, each: VmServer, { disk, names, signal }: DiskOptions): Promise<KeptDisk> {
  const { vm, volumes } = each;
  const { name, metadata } = keptItem(vm, disk, newMark(site, each));
  const volume = volumes.get(disk.name);
  if (volume === undefined) {
    throw new VirtbsError('cloud-failed', `${vm.hostname}: there is no volume for its disk "${disk.name}"`, {
      hint: 'virtbs replace builds the VM anew',
    });
  }
  names.add(name);
  const service = site.cloud.service('volume');
  const schema = z.object({ snapshot: volumeSnapshotSchema });
  const wanted = { volume_id: volume, name, metadata, force: true };
  const { id } = (await service.request('POST', '/snapshots', { body: { snapshot: wanted }, schema, signal })).snapshot;
  const what = `${vm.hostname}: the snapshot of its disk "${disk.name}"`;
  let status = '';
  const look = async (): Promise<KeptDisk | undefined> => {
    const { snapshot } = await service.request('GET', `/snapshots/${id}`, { schema, signal });
    ({ status } = snapshot);
    if (status === 'available') {
      return { name: disk.name, layer: id, sizeBytes: disk.sizeBytes, keptBytes: snapshot.size * GIB };
    }
    if (!status.startsWith('error')) return undefined;
    throw new VirtbsError('cloud-failed', `${what} is in ${status}`, { hint: 'the operators of the cloud know why' });
  };
  return await watch({
    clock: site.cloud.clock,
    look,
    limit: site.settings.missingTimeout,
    late: () => lateError(what, status, site),
    signal,
  });
}

function newMark(site: Site, { server: { mark } }: VmServer): Mark {
  return { ...mark, root: markedRoot(site.root), created: new Date().toISOString() };
}
