import { stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { digestOf } from '../digest-of.js';
import { VirtbsError } from '../errors.js';
import { digestFolder } from './digest-folder.js';
import { publicRecipe } from './public-recipe.js';
import { packageDirectory } from '../package-directory.js';
import { parseLocation } from './image-location.js';
import {
  IMAGE_KINDS,
  type DownloadRecipe,
  type ImageKind,
  type ImageRecipe,
  type MiniRecipe,
} from '../config/image-recipe.js';

/** Raised when images must be made anew although their recipes are unchanged. */
const GENERATION = 1;

/** Limits for the folder of a script: every file in it is read at every cycle. */
const SCRIPT_LIMIT = { files: 1000, bytes: 16 * 1024 * 1024 };

/**
 * A digest of all that a person can edit about an image: the recipe; for an image that a script makes, the files in the
 * script's folder and below, wherever that is; for a file of this
 * machine that no digest holds fast, its size and time. A build is current as long as its key is that of its recipe. It costs
 * well under a millisecond, for every cycle asks for it.
 */
export async function recipeKey(recipe: ImageRecipe, miniDirectory?: string): Promise<string> {
  const { mini, image_script: script } = recipe;
  const files = script
    ? await digestScripts(dirname(script.script))
    : mini
      ? await digestMini(mini, miniDirectory ?? (await shippedMini()))
      : null;
  const source = recipe.image_download ? await localState(recipe.image_download) : null;
  return digestOf({
    generation: GENERATION,
    recipe: placelessRecipe(recipe),
    files,
    ...(source !== null && { source }),
  });
}

/** The recipe without its labels, and without what differs from machine to machine for one and the same image. */
function placelessRecipe({ labels: _labels, ...recipe }: ImageRecipe): ImageRecipe {
  const { image_script: script } = recipe;
  if (script) return { image_script: { ...script, script: basename(script.script) } };
  return publicRecipe(recipe);
}

/**
 * Returns a text that changes with a file without a digest; null where there is no such file, which is reported when it is
 * read.
 */
async function localState({ url, sha256, sha512 }: DownloadRecipe): Promise<string | null> {
  if (sha256 !== undefined || sha512 !== undefined) return null;
  try {
    const [first = ''] = [url].flat();
    const location = parseLocation(first, 'url');
    if (location.url.protocol !== 'file:') return null;
    const { size, mtimeMs } = await stat(location.url);
    return `${size} ${mtimeMs}`;
  } catch {
    return null;
  }
}

/** The one kind that a recipe has. */
export function recipeKind(slot: string, recipe: ImageRecipe): ImageKind {
  const kinds = IMAGE_KINDS.filter((kind) => recipe[kind] !== undefined);
  const [kind] = kinds;
  if (kind !== undefined && kinds.length === 1) return kind;
  throw new VirtbsError(
    'config-invalid',
    `image_flow.${slot}: ${kind === undefined ? 'no kind is set' : kinds.join(' and ')}`,
    {
      hint: `set exactly one of ${IMAGE_KINDS.join(', ')}`,
    },
  );
}

/** The folder of the script that builds the default image. */
export async function shippedMini(): Promise<string> {
  return join(await packageDirectory(), 'images', 'mini');
}

/** Returns the folder of the script that builds that image with packages, which uses the other. @param mini the folder of that one */
export function miniWithPackages(mini: string): string {
  return join(dirname(mini), 'mini-packages');
}

async function digestMini({ packages = [] }: MiniRecipe, directory: string): Promise<string> {
  const mini = await digestScripts(directory);
  return packages.length === 0 ? mini : digestOf([mini, await digestScripts(miniWithPackages(directory))]);
}

async function digestScripts(directory: string): Promise<string> {
  let digest: string | undefined;
  try {
    digest = await digestFolder(directory, SCRIPT_LIMIT);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new VirtbsError('image-build-failed', `the folder of its script cannot be read: ${reason}`, {
      hint: 'see the path in the recipe; a script that comes with virtbs is missing where the installation is incomplete',
      cause: error,
    });
  }
  if (digest !== undefined) return digest;
  const { files, bytes } = SCRIPT_LIMIT;
  throw new VirtbsError(
    'image-build-failed',
    `${directory}, the folder of its script, holds more than ${files} files or ${bytes / 1024 ** 2} MiB`,
    { hint: 'give the script a folder of its own: a change of any file beside it or below makes the image anew' },
  );
}
