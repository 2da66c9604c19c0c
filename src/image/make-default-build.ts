import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { VirtbsError } from '../errors.js';
import { rootPaths, slotPaths } from '../filenames.js';
import type { BuildRecord } from './build-record.js';
import { describeFileFailure } from './explain-file-failure.js';
import { lockSlot } from './lock-slot.js';
import { isTemporary, makeBuild } from './make-build.js';
import type { MakeBuildOptions } from './make-image-context.js';
import { makeReadableDirectory } from '../files/make-readable-directory.js';
import { findBuild, readBuild } from './read-build.js';
import { DEFAULT_TAG, moveTag, readTag } from './tags.js';

/**
 * Lets the tag `default` of a slot point to a build of the recipe as it is, under the slot's lock. Where another process
 * has done so meanwhile, or the recipe was used before, there is nothing to make.
 */
export async function makeDefaultBuild(slot: string, options: MakeBuildOptions): Promise<BuildRecord> {
  const { root, key, emit, signal, renew } = options;
  const anew = renew?.has(slot) === true;
  try {
    await makeReadableDirectory(rootPaths(root).images);
    await using _lock = await lockSlot(root, slot, { holder: `making image ${slot}`, emit, signal });
    await removeLeftOvers(root, slot);
    const build = await readTag(root, slot, DEFAULT_TAG);
    const current = build === undefined ? undefined : await readBuild(root, slot, build);
    if (current?.recipeKey === key && !anew) return current;
    const known = anew ? undefined : await findBuild(root, slot, key);
    const record = known ?? (await makeBuild(slot, options));
    await moveTag(root, slot, { tag: DEFAULT_TAG, build: record.build });
    return record;
  } catch (error) {
    throw describeFailure(slot, error, signal);
  }
}

/** Removes what is half made. The holder of the lock knows that nobody works on it: a process that was killed left it. */
async function removeLeftOvers(root: string, slot: string): Promise<void> {
  const { directory, tags } = slotPaths(root, slot);
  for (const folder of [directory, tags]) {
    const names = await readdir(folder).catch(() => []);
    const paths = names.filter(isTemporary).map((name) => join(folder, name));
    await Promise.all(paths.map((path) => rm(path, { recursive: true, force: true, maxRetries: 5 })));
  }
}

/** Several images may be made at once, so each message names its own. */
function describeFailure(slot: string, error: unknown, signal: AbortSignal): unknown {
  if (signal.aborted) return new VirtbsError('cancelled', `image ${slot}: interrupted`, { cause: error });
  if (error instanceof VirtbsError) {
    const { code, message, hint, cause } = error;
    return new VirtbsError(code, `image ${slot}: ${message}`, { ...(hint !== undefined && { hint }), cause });
  }
  return describeFileFailure(`image ${slot}`, error, {
    full: 'free some space there, or give another --root',
    other: 'see who owns the root, or give another --root',
  });
}
