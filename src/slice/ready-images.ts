import { VirtbsError } from '../errors.js';
import type { VerbContext } from '../events.js';
import { readyAllImages, type ImageSource } from '../image/ready-all-images.js';
import type { ImageBuild } from '../image/types.js';
import { imageName } from '../plan/image-name.js';
import type { SlicePlan } from '../plan/plan.js';

/**
 * The builds that the plan's disks are cloned from, made or downloaded where they are missing, all at once.
 *
 * @throws VirtbsError `plan-invalid` where a disk is smaller than its image; what the image library throws
 */
export async function readyImages(
  plan: SlicePlan,
  source: ImageSource,
  context: VerbContext,
): Promise<ReadonlyMap<string, ImageBuild>> {
  const wanted = new Map<string, { slot: string; tag: string }>();
  for (const { slot, tag } of plan.vms.flatMap(({ disks }) => disks)) {
    if (slot !== null) wanted.set(imageName(slot, tag), { slot, tag: tag ?? 'default' });
  }
  const builds = await readyAllImages([...wanted.values()], source, context);
  const images = new Map([...wanted.keys()].flatMap((name, index) => (builds[index] ? [[name, builds[index]]] : [])));
  assertDisksHoldImages(plan, images);
  return images;
}

function assertDisksHoldImages(plan: SlicePlan, images: ReadonlyMap<string, ImageBuild>): void {
  const problems = plan.vms.flatMap(({ hostname, role, disks }) =>
    disks.flatMap(({ name, slot, tag, sizeBytes }) => {
      const image = slot === null ? undefined : images.get(imageName(slot, tag));
      if (!image || image.virtualSize <= sizeBytes) return [];
      return [
        `${hostname}: disk "${name}" of role "${role}" has ${sizeBytes} bytes, image "${slot}" needs ${image.virtualSize}`,
      ];
    }),
  );
  if (problems.length === 0) return;
  throw new VirtbsError('plan-invalid', problems.join('\n'), { hint: 'give the disk a larger "size"' });
}
