import type { CustomizeRecipe } from '../config/image-recipe.js';
import { digestOf } from '../digest-of.js';
import { digestProvision, type NotedSource } from '../provision/digest-provision.js';
import type { ImageBuild } from './types.js';

export interface CustomizeKeyOptions {
  readonly base: Pick<ImageBuild, 'build'>;
  /** Large files as they were known the last time. */
  readonly noted: readonly NotedSource[];
}

export interface CustomizeKey {
  readonly key: string;
  readonly sources: readonly NotedSource[];
}

/** Raised when images must be made anew although nothing of theirs was edited. */
const GENERATION = 1;

/**
 * A digest of all that makes a customized image: the recipe, the build it stands on, and the scripts and files it names by
 * what is in them, wherever they are.
 *
 * @throws VirtbsError `file-unreadable` where a script or file of the recipe cannot be read
 */
export async function customizeKey(
  slot: string,
  recipe: CustomizeRecipe,
  { base, noted }: CustomizeKeyOptions,
): Promise<CustomizeKey> {
  const { base: _base, base_tag: _tag, scripts, files, packages, ...rest } = recipe;
  const { content, sources } = await digestProvision({ scripts, files, packages }, { owner: `image ${slot}`, noted });
  return { key: digestOf({ generation: GENERATION, base: base.build, ...content, ...rest }), sources };
}
