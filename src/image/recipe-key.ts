import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { VirtbsError } from '../errors.js';
import { digestFolder } from './digest-folder.js';
import { publicRecipe } from './public-recipe.js';
import { packageDirectory } from '../package-directory.js';
import { parseLocation } from './image-location.js';
import { IMAGE_KINDS, type DownloadRecipe, type ImageKind, type ImageRecipe } from './types.js';

/** Raised when images must be made anew although their recipes are unchanged. */
const GENERATION = 1;

/** What the folder of a script may hold: every file in it is read at every cycle. */
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
      ? await digestScripts(miniDirectory ?? (await shippedMini()))
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

/** What tells that a file without a digest was changed; null where there is no such file, which is told when it is read. */
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

/** A digest of a value as JSON, whatever the order of its keys. */
export function digestOf(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value, sortKeys)).digest('hex');
}

function sortKeys(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
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
