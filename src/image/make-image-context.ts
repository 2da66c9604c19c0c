import type { ImageFormat, ImageRecipe } from '../config/image-recipe.js';
import type { NotedSource } from '../provision/digest-provision.js';
import type { ReadyImageOptions } from './ready-image-options.js';
import type { ImageBuild } from './types.js';

export interface MakeBuildOptions extends ReadyImageOptions {
  /** Makes the image where the recipe does not say how: a person brings it along. */
  readonly make?: (context: MakeImageContext) => Promise<MadeImage>;
  readonly recipe: ImageRecipe;
  /** The key of the recipe as it is now. */
  readonly key: string;
  /** The build that this one stands on, where the recipe has a base. */
  readonly base?: ImageBuild | undefined;
  /** Large files that go into it, for the record. */
  readonly sources?: readonly NotedSource[] | undefined;
}

/** The files that a recipe left in its folder: `disk.FORMAT`, and `kernel` and `initrd` where `boot` is set. */
export interface MadeImage {
  readonly format: ImageFormat;
  readonly virtualSize: number;
  /** `ALGORITHM:HEX` over all that was made. */
  readonly content: string;
  readonly boot?: { readonly cmdline: string };
  /** Set where the disk is an overlay on that of another build. */
  readonly base?: { readonly slot: string; readonly build: string };
}

/** The context for making an image of any kind. */
export interface MakeImageContext extends MakeBuildOptions {
  readonly slot: string;
  /** The folder to make it in. It is empty at first, and removed where making fails. */
  readonly directory: string;
}
