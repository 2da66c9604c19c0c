import * as z from 'zod';
import { VirtbsError } from '../../errors.js';
import type { DiskPlan, VmPlan } from '../../plan/plan.js';
import { lateError } from './await-server.js';
import { diskGiB } from './choose-flavor.js';
import { MARK_KEY, writeMark, type Mark } from './mark.js';
import { partName } from './part-name.js';
import { volumeSchema } from './resources.js';
import { settleAll } from '../../settle-all.js';
import type { Site } from './site.js';
import { watch } from './watch.js';

export interface VolumesRequest {
  readonly vm: VmPlan;
  /** The ids of images in the cloud, by the names of disks that are cloned from one. */
  readonly images: ReadonlyMap<string, string>;
  /** Whether the first disk is a volume, too. */
  readonly boot: boolean;
  readonly volumeType: string | undefined;
  readonly mark: Mark;
  readonly signal: AbortSignal;
}

/** Makes volumes for the disks of a VM that are not its flavor's, and gives the mapping of them that the compute API takes. */
export async function createVolumes(site: Site, request: VolumesRequest): Promise<readonly object[]> {
  const { vm, boot, images, volumeType, mark, signal } = request;
  const disks = boot ? vm.disks : vm.disks.slice(1);
  return await settleAll(
    disks.map(async (disk) => {
      const image = images.get(disk.name);
      const source = {
        ...(image !== undefined && { imageRef: image }),
        ...(volumeType !== undefined && { volume_type: volumeType }),
      };
      const id = await createVolume(site, { vm, disk, source, mark, signal });
      const boots = disk === vm.disks[0] && image !== undefined;
      return {
        uuid: id,
        source_type: 'volume',
        destination_type: 'volume',
        delete_on_termination: true,
        boot_index: boots ? 0 : -1,
      };
    }),
  );
}

export interface VolumeRequest extends Pick<VolumesRequest, 'vm' | 'mark' | 'signal'> {
  readonly disk: Pick<DiskPlan, 'name' | 'sizeBytes'>;
  /** The source of the volume's first content, as the API takes it. */
  readonly source: object;
}

/**
 * Makes a volume for a disk, and gives its id when it can be used.
 *
 * Source: https://docs.openstack.org/api-ref/block-storage/v3/#create-a-volume
 */
export async function createVolume(site: Site, { vm, disk, source, mark, signal }: VolumeRequest): Promise<string> {
  const volume = {
    name: partName(vm, disk.name),
    size: Math.max(1, diskGiB(disk.sizeBytes)),
    metadata: { [MARK_KEY]: writeMark(mark) },
    ...source,
  };
  const service = site.cloud.service('volume');
  const { id } = (await service.request('POST', '/volumes', { body: { volume }, schema: SCHEMA, signal })).volume;
  await awaitVolume(site, { id, wanted: 'available', signal });
  return id;
}

const SCHEMA = z.object({ volume: volumeSchema });

export interface AwaitVolumeOptions {
  readonly id: string;
  /** `available` where it is made, or let go by a server; `in-use` where one has it. */
  readonly wanted: 'available' | 'in-use';
  readonly signal: AbortSignal;
}

/** @throws VirtbsError `cloud-failed`, `timeout` */
export async function awaitVolume(site: Site, { id, wanted, signal }: AwaitVolumeOptions): Promise<void> {
  let last = { name: id, status: '' };
  const look = async (): Promise<true | undefined> => {
    const { volume } = await site.cloud.service('volume').request('GET', `/volumes/${id}`, { schema: SCHEMA, signal });
    if (volume.status === wanted) return true;
    last = { name: volume.name ?? id, status: volume.status };
    if (!volume.status.startsWith('error')) return undefined;
    throw new VirtbsError('cloud-failed', `volume ${last.name} is in ${volume.status}`, {
      hint: 'the operators of the cloud know why; see the quota and the volume type, too',
    });
  };
  const late = (): VirtbsError => lateError(`volume ${last.name}`, last.status, site);
  await watch({ clock: site.cloud.clock, look, limit: site.settings.missingTimeout, late, signal });
}
