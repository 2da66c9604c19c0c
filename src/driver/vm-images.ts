import type { ImageBuild } from '../image/types.js';
import { imageName } from '../image/image-name.js';
import type { VmPlan } from '../plan/plan.js';
import type { CreateRequest } from './types.js';

/** The images that a VM's disks are cloned from, in the order of the disks, as soon as all of them are there. */
export async function vmImages(vm: VmPlan, { images }: Pick<CreateRequest, 'images'>): Promise<readonly ImageBuild[]> {
  const builds = vm.disks.flatMap(({ slot, tag }) => {
    const build = slot === null ? undefined : images.get(imageName(slot, tag));
    return build ? [build] : [];
  });
  return await Promise.all(builds);
}
