import { VirtbsError } from '../errors.js';
import type { VerbContext } from '../events.js';
import { assertSlotKnown } from './build-reference.js';
import { explainFileFailure } from './explain-file-failure.js';
import { lockSlot } from './lock-slot.js';
import type { ImageRecipe } from '../config/image-recipe.js';
import { DEFAULT_TAG, readTag, removeTag } from './tags.js';

export interface UntagRequest {
  readonly root: string;
  readonly slot: string;
  readonly tags: readonly string[];
  /** Change nothing. */
  readonly dryRun: boolean;
  /** Asked for only where `default` is among the tags. */
  readonly recipes: () => Promise<Readonly<Record<string, ImageRecipe>>>;
}

export interface RemovedTag {
  readonly slot: string;
  readonly tag: string;
  /** The build that it pointed to; null where there was no such tag. */
  readonly build: string | null;
}

/**
 * Removes tags; one that is not there is done. `default` goes only where no recipe stands behind it: a slot that no
 * configuration has any more.
 *
 * @throws VirtbsError `usage` for `default` of a slot with a recipe, `image-unknown` for an unknown slot
 */
export async function untagBuilds(request: UntagRequest, context: VerbContext): Promise<readonly RemovedTag[]> {
  const { root, slot, tags, dryRun, recipes } = request;
  await assertSlotKnown(root, slot);
  if (tags.includes(DEFAULT_TAG) && Object.hasOwn(await recipes(), slot)) {
    throw new VirtbsError('usage', `tag "${DEFAULT_TAG}" of ${slot} cannot be removed: it moves with the recipe`, {
      hint: `to remove the build with it: virtbs image rm ${slot}:${DEFAULT_TAG}`,
    });
  }
  await using _lock = await lockSlot(root, slot, { ...context, holder: `untagging image ${slot}` });
  const removed: RemovedTag[] = [];
  for (const tag of new Set(tags)) {
    // A tag that is no link is not ours to remove.
    const build = (await readTag(root, slot, tag)) ?? null;
    if (!dryRun) await explainFileFailure(`image ${slot}`, () => removeTag(root, slot, tag));
    removed.push({ slot, tag, build });
  }
  return removed;
}
