import type { ReadyImageOptions } from './ready-image-options.js';
import { VirtbsError } from '../errors.js';
import { imageName } from './image-name.js';
import { imageBuildOf, type BuildRecord } from './build-record.js';
import type { NotedSource } from '../provision/digest-provision.js';
import { readBuild } from './read-build.js';
import { recipeKey } from './recipe-key.js';
import { DEFAULT_TAG, listTags, readTag } from './tags.js';
import type { ImageRecipe } from '../config/image-recipe.js';
import type { ImageBuild } from './types.js';

export interface ImageRequest {
  readonly slot: string;
  readonly tag: string;
}

/**
 * The build that a tag of a slot points to. For the tag `default` it is made first where there is none or the recipe has
 * changed since; every other tag must exist. A build that is there costs one link, one small file and one `stat`: no digest of
 * an image, no program, no network.
 *
 * An image that stands on another has that made ready first; its scripts and files are read each time, large ones only where
 * they look different from what the build noted.
 *
 * Any number of processes may ask for one slot at once: one makes the build, the others wait for it. Whatever fails leaves
 * builds and tags as they were.
 *
 * @throws VirtbsError `image-unknown`, `image-corrupt`, `image-download-failed`, `image-build-failed`, `not-enough-disk`,
 *   `config-invalid` where the recipe makes no sense, `program-missing`, `cancelled`,
 *   `file-unreadable` where a script or file of the recipe cannot be read
 */
export async function readyImage(request: ImageRequest, options: ReadyImageOptions): Promise<ImageBuild> {
  const { underWay = new Map<string, Promise<ImageBuild>>() } = options;
  const name = imageName(request.slot, request.tag);
  const ready = underWay.get(name) ?? readyOne(request, { ...options, underWay });
  underWay.set(name, ready);
  return await ready;
}

async function readyOne(request: ImageRequest, options: ReadyImageOptions): Promise<ImageBuild> {
  const { slot, tag } = request;
  const { recipes, root } = options;
  const recipe = findRecipe(recipes, slot);
  if (tag !== DEFAULT_TAG || recipe.image_import) return taggedBuild(root, request);
  const build = await readTag(root, slot, tag);
  const record = build === undefined ? undefined : await readBuild(root, slot, build);
  const standing = await standOn(slot, { recipe, record }, options);
  const { key } = standing;
  if (record?.recipeKey === key && options.renew?.has(slot) !== true) return imageBuildOf(root, record);
  if (options.onlyFind === true) {
    throw new VirtbsError(
      'image-unknown',
      `image ${imageName(slot, tag)} is ${record ? 'to be made anew' : 'not made yet'}`,
    );
  }
  // Loaded only now: a cycle on cached images needs none of what makes them.
  const { makeDefaultBuild } = await import('./make-default-build.js');
  return imageBuildOf(root, await makeDefaultBuild(slot, { ...options, recipe, ...standing }));
}

interface Standing {
  readonly key: string;
  readonly base?: ImageBuild;
  readonly sources?: readonly NotedSource[];
}

/** The key of a recipe as it is now; what it stands on is made ready first. */
async function standOn(
  slot: string,
  { recipe, record }: { readonly recipe: ImageRecipe; readonly record: BuildRecord | undefined },
  options: ReadyImageOptions,
): Promise<Standing> {
  const { image_customize: customize } = recipe;
  if (!customize) return { key: await recipeKey(recipe, options.miniDirectory) };
  const base = await readyImage({ slot: customize.base, tag: customize.base_tag ?? DEFAULT_TAG }, options);
  const { customizeKey } = await import('./customize-key.js');
  return { base, ...(await customizeKey(slot, customize, { base, noted: record?.sources ?? [] })) };
}

/** The configuration has checked the name already; here it also keeps a path from leaving the store. */
function findRecipe(recipes: ReadyImageOptions['recipes'], slot: string): ImageRecipe {
  const recipe = Object.hasOwn(recipes, slot) ? recipes[slot] : undefined;
  if (recipe && /^[A-Za-z0-9_][A-Za-z0-9._+-]*$/.test(slot)) return recipe;
  if (recipe)
    throw new VirtbsError('config-invalid', `image_flow: ${JSON.stringify(slot)} cannot name an image`, {
      hint: 'use letters, digits and . _ + -',
    });
  throw new VirtbsError('image-unknown', `there is no image ${JSON.stringify(slot)}`, {
    hint: `the configuration has ${Object.keys(recipes).sort().join(', ') || 'none'}`,
  });
}

async function taggedBuild(root: string, { slot, tag }: ImageRequest): Promise<ImageBuild> {
  const build = await readTag(root, slot, tag);
  if (build === undefined && tag === DEFAULT_TAG) {
    throw new VirtbsError('image-unknown', `nothing was imported into ${slot} yet`, {
      hint: `virtbs image import FILE ${slot}`,
    });
  }
  if (build === undefined) {
    const tags = await listTags(root, slot);
    throw new VirtbsError('image-unknown', `image ${slot} has no tag ${JSON.stringify(tag)}`, {
      hint: tags.length === 0 ? 'it has no tags at all: nothing was built yet' : `its tags are ${tags.join(', ')}`,
    });
  }
  const record = await readBuild(root, slot, build);
  if (record) return imageBuildOf(root, record);
  throw new VirtbsError(
    'image-corrupt',
    `image ${slot}: tag "${tag}" points to build ${build}, which is missing or incomplete`,
    {
      hint: 'let the tag point to another build',
    },
  );
}
