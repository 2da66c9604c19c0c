import { readdir, readFile, stat } from 'node:fs/promises';
import { buildDirectory, slotPaths } from '../filenames.js';
import { buildFiles, parseBuildRecord, recordPath, type BuildRecord } from './build-record.js';

/**
 * The record of a build, or nothing where the build is missing or incomplete: no record, one of another version, no disk
 * image, or one of another length.
 */
export async function readBuild(root: string, slot: string, build: string): Promise<BuildRecord | undefined> {
  const directory = buildDirectory(root, slot, build);
  const text = await readFile(recordPath(directory), 'utf8').catch(() => '');
  const record = parseBuildRecord(text);
  if (record?.slot !== slot || record.build !== build) return undefined;
  const disk = await stat(buildFiles(directory, record.format).disk).catch(() => undefined);
  return disk?.size === record.size ? record : undefined;
}

/** The newest build that was made by this recipe, whether or not a tag points to it. */
export async function findBuild(root: string, slot: string, recipeKey: string): Promise<BuildRecord | undefined> {
  const { directory } = slotPaths(root, slot);
  const names = (await readdir(directory).catch(() => [])).filter(isBuildId);
  const records = await Promise.all(names.map((name) => readBuild(root, slot, name)));
  const [newest] = records
    .filter((record) => record !== undefined)
    .filter((record) => record.recipeKey === recipeKey)
    .sort((a, b) => b.created.localeCompare(a.created));
  return newest;
}

/** Tells whether a name in a slot's folder is that of a build; `tags` and what is being made are not. */
export function isBuildId(name: string): boolean {
  return /^[0-9a-f]{16}$/.test(name);
}
