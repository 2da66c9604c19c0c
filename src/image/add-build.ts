import { VirtbsError } from '../errors.js';
import type { VerbContext } from '../events.js';
import { SLOT } from '../config/names.js';
import { prepareRoot } from '../files/prepare-root.js';
import { assertTagsSettable } from './assert-tags-settable.js';
import { explainFileFailure } from './explain-file-failure.js';
import { useImages } from './lock-images.js';
import { lockSlot } from './lock-slot.js';
import { makeBuild } from './make-build.js';
import type { MadeImage, MakeImageContext } from './make-image-context.js';
import type { ImageSource } from './ready-all-images.js';
import { recipeKey, recipeKind } from './recipe-key.js';
import { DEFAULT_TAG, moveTag } from './tags.js';
import type { ImageRecipe } from '../config/image-recipe.js';

export interface AddRequest {
  readonly slot: string;
  /** Besides `default`, which is set where the slot has no recipe of another kind. */
  readonly tags: readonly string[];
}

export interface AddedBuild {
  readonly version: 1;
  readonly slot: string;
  readonly build: string;
  readonly tags: readonly string[];
  /** Bytes the guest sees. */
  readonly virtualSize: number;
  readonly base: { readonly slot: string; readonly build: string } | null;
  /** True if the configuration has the slot, so that a role can ask for it. */
  readonly configured: boolean;
}

const RECIPE: ImageRecipe = { image_import: {} };

/**
 * Puts a build into the library that a person brings along, and tags it.
 *
 * @throws VirtbsError `usage` where nothing would point to it, or the names are none
 */
export async function addBuild(
  request: AddRequest & { readonly make: (context: MakeImageContext) => Promise<MadeImage> },
  source: ImageSource,
  context: VerbContext,
): Promise<AddedBuild> {
  const { slot, make } = request;
  const { root, recipes } = source;
  const tags = tagsOf(request, source);
  await prepareRoot(root);
  const options = { ...context, holder: `adding to image ${slot}` };
  await using _library = await useImages(root, options);
  await using _slot = await lockSlot(root, slot, options);
  const key = await recipeKey(RECIPE);
  const record = await explainFileFailure(`image ${slot}`, async () => {
    const made = await makeBuild(slot, { ...context, root, recipes, recipe: RECIPE, key, make });
    for (const tag of tags) await moveTag(root, slot, { tag, build: made.build });
    return made;
  }).catch((error: unknown): never => {
    // What is interrupted may say that it cannot read.
    throw context.signal.aborted ? new VirtbsError('cancelled', `image ${slot}: interrupted`, { cause: error }) : error;
  });
  const { build, virtualSize, base = null } = record;
  return { version: 1, slot, build, tags, virtualSize, base, configured: Object.hasOwn(recipes, slot) };
}

/** @throws VirtbsError `usage` */
export function tagsOf({ slot, tags }: AddRequest, { recipes }: ImageSource): readonly string[] {
  if (!SLOT.pattern.test(slot)) {
    throw new VirtbsError('usage', `${JSON.stringify(slot)} is not a slot name`, { hint: `a slot is ${SLOT.allowed}` });
  }
  assertTagsSettable(tags);
  const recipe = Object.hasOwn(recipes, slot) ? recipes[slot] : undefined;
  if (!recipe || recipe.image_import) return [...new Set([DEFAULT_TAG, ...tags])];
  if (tags.length > 0) return [...new Set(tags)];
  const kind = recipeKind(slot, recipe);
  throw new VirtbsError(
    'usage',
    `slot ${JSON.stringify(slot)} has a recipe (${kind}), which moves its tag "${DEFAULT_TAG}"`,
    {
      hint: 'say by which tag to find the image: --tag TAG; or choose a slot of its own',
    },
  );
}
