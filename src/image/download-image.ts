import { buildFiles } from './build-record.js';
import { expectedDigests } from './expected-digests.js';
import { fetchImage, nameLocation } from './fetch-image.js';
import { parseLocation } from './image-location.js';
import { assertDiskWhole, readVirtualSize } from './inspect-disk.js';
import type { MadeImage, MakeImageContext } from './make-image-context.js';
import { removeParts } from './part-file.js';
import { tryMirrors } from './try-mirrors.js';
import type { DownloadRecipe } from '../config/image-recipe.js';

/**
 * Fetches an image from the first of its mirrors that has it. One stream: what comes is digested as served, decompressed,
 * looked at, and written, so that it takes as long as the slowest of these.
 *
 * @throws VirtbsError `image-download-failed`, `image-corrupt`, `config-invalid`, `file-unreadable`, `program-missing`
 */
export async function downloadImage(recipe: DownloadRecipe, context: MakeImageContext): Promise<MadeImage> {
  const { root, slot, directory, signal, emit, environment, retryDelays: delays } = context;
  const mirrors = [recipe.url].flat().map((url) => parseLocation(url, 'url'));
  const expected = await expectedDigests(recipe, mirrors, { signal, emit, environment, delays });
  const fetch = async (mirror: (typeof mirrors)[number]): Promise<MadeImage> => {
    const { format, digests } = await fetchImage(mirror, { ...context, recipe, expected });
    try {
      const { disk } = buildFiles(directory, format);
      const virtualSize = await readVirtualSize(disk, format, signal);
      if (expected.some(({ digests: known }) => known === null)) await assertDiskWhole(disk, format, signal);
      return { format, virtualSize, content: digests[0] ?? '' };
    } catch (error) {
      throw nameLocation(mirror, error);
    }
  };
  const made = await tryMirrors(mirrors, fetch, { signal, emit });
  await removeParts(root, slot);
  return made;
}
