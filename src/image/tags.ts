import { randomBytes } from 'node:crypto';
import { readdir, readlink, rename, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { VirtbsError } from '../errors.js';
import { slotPaths } from '../filenames.js';
import { makeReadableDirectory } from '../files/make-readable-directory.js';
import { isBuildId } from './read-build.js';

/** The tag that moves with the recipe; all others are set by people. */
export const DEFAULT_TAG = 'default';

const TAG = /^[A-Za-z0-9_][A-Za-z0-9._+-]*$/;

/**
 * The id of the build that a tag points to, or nothing where there is no such tag.
 *
 * @throws VirtbsError `image-unknown` where the name cannot be that of a tag, `image-corrupt` where the tag is no link to a
 *   build, `file-unreadable` where it cannot be read
 */
export async function readTag(root: string, slot: string, tag: string): Promise<string | undefined> {
  if (!TAG.test(tag)) {
    throw new VirtbsError('image-unknown', `image ${slot}: ${JSON.stringify(tag)} cannot be the name of a tag`, {
      hint: 'letters, digits and . _ + - make a tag',
    });
  }
  const path = join(slotPaths(root, slot).tags, tag);
  let target: string;
  try {
    target = await readlink(path);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT') return undefined;
    if (code === 'EINVAL') throw notATag(path, error);
    const reason = error instanceof Error ? error.message : String(error);
    throw new VirtbsError('file-unreadable', `image ${slot}: the tag cannot be read: ${reason}`, {
      hint: 'see who owns the root, or give another --root',
      cause: error,
    });
  }
  const build = target.slice('../'.length);
  if (target.startsWith('../') && isBuildId(build)) return build;
  throw notATag(path);
}

/** The names of a slot's tags in alphabetical order. */
export async function listTags(root: string, slot: string): Promise<readonly string[]> {
  const names = await readdir(slotPaths(root, slot).tags).catch(() => []);
  return names.filter((name) => TAG.test(name)).sort();
}

/** Makes a tag point to a build, in one step: whoever reads it meanwhile sees the old build or the new one. */
export async function moveTag(
  root: string,
  slot: string,
  change: { readonly tag: string; readonly build: string },
): Promise<void> {
  const { tags } = slotPaths(root, slot);
  await makeReadableDirectory(tags);
  const temporary = join(tags, `.new-${randomBytes(6).toString('hex')}`);
  try {
    await symlink(`../${change.build}`, temporary);
    await rename(temporary, join(tags, change.tag));
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/** Removes a tag; one that is not there is done. */
export async function removeTag(root: string, slot: string, tag: string): Promise<void> {
  await rm(join(slotPaths(root, slot).tags, tag), { force: true });
}

function notATag(path: string, cause?: unknown): VirtbsError {
  return new VirtbsError('image-corrupt', `${path} does not link to a build`, {
    hint: `remove it: rm -r ${path}`,
    cause,
  });
}
