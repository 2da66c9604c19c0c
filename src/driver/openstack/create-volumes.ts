import * as z from 'zod';
import { VirtbsError } from '../../errors.js';
import type { DiskPlan, VmPlan } from '../../plan/plan.js';
import { diskGiB } from './choose-flavor.js';
import { MARK_KEY } from './list-owned.js';
import { writeMark, type Mark } from './mark.js';
import { partName } from './part-name.js';
import { pause } from './pause.js';
import { volumeSchema } from './resources.js';
import type { Site } from './site.js';

const POLL = 1000;

export interface VolumeRequest {
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
export async function createVolumes(site: Site, request: VolumeRequest): Promise<readonly object[]> {
  const { vm, boot } = request;
  const made = await Promise.allSettled(
    vm.disks.map(async (disk, index) => {
      if (index === 0 && !boot) return [];
      const id = await createVolume(site, disk, request);
      const boots = index === 0 && request.images.has(disk.name);
      return [
        {
          uuid: id,
          source_type: 'volume',
          destination_type: 'volume',
          delete_on_termination: true,
          boot_index: boots ? 0 : -1,
        },
      ];
    }),
  );
  return made.flatMap((result) => {
    if (result.status === 'rejected') throw result.reason;
    return result.value;
  });
}

async function createVolume(site: Site, disk: DiskPlan, request: VolumeRequest): Promise<string> {
  const { vm, images, volumeType, mark, signal } = request;
  const image = images.get(disk.name);
  const volume = {
    name: partName(vm, disk.name),
    size: Math.max(1, diskGiB(disk.sizeBytes)),
    metadata: { [MARK_KEY]: writeMark(mark) },
    ...(image !== undefined && { imageRef: image }),
    ...(volumeType !== undefined && { volume_type: volumeType }),
  };
  const service = site.cloud.service('volume');
  const schema = z.object({ volume: volumeSchema });
  const { id } = (await service.request('POST', '/volumes', { body: { volume }, schema, signal })).volume;
  const end = performance.now() + site.settings.missingTimeout;
  for (;;) {
    const { status } = (await service.request('GET', `/volumes/${id}`, { schema, signal })).volume;
    if (status === 'available') return id;
    if (status.startsWith('error') || performance.now() > end) {
      throw new VirtbsError('cloud-failed', `volume ${volume.name} is ${status}`, {
        hint: 'the operators of the cloud know why; see the quota and the volume type, too',
      });
    }
    await pause(POLL, signal);
  }
}
