import { readdir } from 'node:fs/promises';
import { SLOT } from '../config/names.js';
import { rootPaths, slotPaths } from '../filenames.js';
import { isBuildId } from './read-build.js';

/** The slots that have a folder in the library, whether or not a configuration knows them, in alphabetical order. */
export async function listSlots(root: string): Promise<readonly string[]> {
  const entries = await readdir(rootPaths(root).images, { withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isDirectory() && SLOT.pattern.test(entry.name))
    .map(({ name }) => name)
    .sort();
}

/** The ids of a slot's builds, complete or not. */
export async function listBuilds(root: string, slot: string): Promise<readonly string[]> {
  const names = await readdir(slotPaths(root, slot).directory).catch(() => []);
  return names.filter(isBuildId).sort();
}
