import { rename, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { buildDirectory, slotPaths } from '../filenames.js';
import { explainFileFailure } from './explain-file-failure.js';

/** Removes a build. Nobody sees it by halves, and killed here it is a left-over. The caller has the library to itself. */
export async function removeBuild(root: string, slot: string, build: string): Promise<void> {
  const removing = join(slotPaths(root, slot).directory, `.removing-${build}`);
  await explainFileFailure(`${slot}/${build}`, async () => {
    await rm(removing, { recursive: true, force: true });
    await rename(buildDirectory(root, slot, build), removing);
    await rm(removing, { recursive: true, force: true, maxRetries: 5 });
  });
}

/** Removes the folders of a slot that has neither builds nor tags left. */
export async function removeEmptySlot(root: string, slot: string): Promise<void> {
  const { tags, directory } = slotPaths(root, slot);
  for (const folder of [tags, directory]) await rmdir(folder).catch(() => undefined);
}
