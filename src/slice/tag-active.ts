import type { Driver } from '../driver/types.js';
import { VirtbsError } from '../errors.js';
import type { VerbContext } from '../events.js';
import { assertTagsSettable } from '../image/assert-tags-settable.js';
import { useImages } from '../image/lock-images.js';
import { parseBuildReference, resolveBuild } from '../image/build-reference.js';
import { moveTags, type MovedTag } from '../image/move-tags.js';
import { readSliceDisks } from '../image/read-slice-disks.js';
import { lockSlice } from './lock-slice.js';
import { assertSameRoot } from './wipe.js';

export interface TagActiveOptions {
  readonly slice: number;
  readonly driver: Driver;
  readonly root: string;
  readonly tags: readonly string[];
  /** Milliseconds to wait for another process that changes the slice. */
  readonly lockTimeout: number;
}

/**
 * Lets tags point to the builds that the slice's VMs run on now, each in its own slot: those of all their disks.
 *
 * @throws VirtbsError `usage`; `image-unknown` where no VM runs on an image, or VMs on two builds of one slot
 */
export async function tagActive(options: TagActiveOptions, context: VerbContext): Promise<readonly MovedTag[]> {
  const { slice, driver, root, tags, lockTimeout } = options;
  assertTagsSettable(tags);
  await using _slice = await lockSlice({ root, slice, verb: 'tagactive', lockTimeout }, context);
  const holder = `tagging the images of slice ${slice}`;
  await using _library = await useImages(root, { ...context, holder, lockTimeout });
  const [state] = await driver.inspect({ slice }, context);
  assertSameRoot(state, root);
  const names = new Set(state?.vms.flatMap(({ image }) => image ?? []));
  const domains = new Set(state?.vms.map(({ domain }) => domain));
  for (const { domain, builds } of await readSliceDisks(root, slice)) {
    const [nearest] = builds;
    if (nearest !== undefined && domain !== null && domains.has(domain)) names.add(nearest);
  }
  const builds = await Promise.all([...names].sort().map((name) => resolveBuild(root, parseBuildReference(name))));
  assertOneOfEach(slice, builds);
  return await moveTags(root, { builds, tags }, { ...context, holder, lockTimeout });
}

function assertOneOfEach(slice: number, builds: readonly { readonly slot: string; readonly build: string }[]): void {
  if (builds.length === 0) {
    throw new VirtbsError('image-unknown', `slice ${slice} has no VM that runs on an image`, {
      hint: `virtbs -s ${slice} ls shows its VMs; virtbs -s ${slice} cycle LAYERS TOPOLOGY builds it`,
    });
  }
  for (const { slot } of builds) {
    const same = builds.filter((other) => other.slot === slot).map(({ build }) => build);
    if (same.length === 1) continue;
    throw new VirtbsError('image-unknown', `slice ${slice} runs on several builds of ${slot}: ${same.join(', ')}`, {
      hint: `say which: virtbs tag ${slot} TAG --source BUILD`,
    });
  }
}
