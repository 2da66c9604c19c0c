import { explainFileFailure } from './explain-file-failure.js';
import type { ImagesLockOptions } from './lock-images.js';
import { lockSlot } from './lock-slot.js';
import { moveTag, readTag } from './tags.js';

export interface TaggedBuild {
  readonly slot: string;
  readonly build: string;
}

/** A tag that was moved, and the build that it points to now. */
export interface MovedTag extends TaggedBuild {
  readonly tag: string;
  /** The build that it pointed to before, or null where there was no such tag. */
  readonly previous: string | null;
}

/** Lets every tag point to each of the builds, in its slot. The caller keeps the builds from being removed. */
export async function moveTags(
  root: string,
  { builds, tags }: { readonly builds: readonly TaggedBuild[]; readonly tags: readonly string[] },
  options: ImagesLockOptions,
): Promise<readonly MovedTag[]> {
  const moved: MovedTag[] = [];
  for (const { slot, build } of builds) {
    await using _lock = await lockSlot(root, slot, options);
    for (const tag of new Set(tags)) {
      const previous = (await readTag(root, slot, tag)) ?? null;
      if (previous !== build) await explainFileFailure(`image ${slot}`, () => moveTag(root, slot, { tag, build }));
      moved.push({ slot, tag, build, previous });
    }
  }
  return moved;
}
