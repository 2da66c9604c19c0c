import { rename, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { buildDirectory, slotPaths } from '../filenames.js';
import { recordPath } from './build-record.js';
import { explainFileFailure } from './explain-file-failure.js';

/** Removes a build. Nobody sees it by halves, and killed here it is a left-over. The caller has the library to itself. */
export async function removeBuild(root: string, slot: string, build: string): Promise<void> {
  const removing = join(slotPaths(root, slot).directory, `.removing-${build}`);
  await explainFileFailure(`${slot}/${build}`, async () => {
    const directory = buildDirectory(root, slot, build);
    await rm(removing, { recursive: true, force: true });
    const taken = await rename(directory, removing).then(
      () => removing,
      (error: unknown) => stayed(directory, error),
    );
    await rm(taken, { recursive: true, force: true, maxRetries: 5 });
  });
}

/**
 * The folder of a build that cannot be renamed, without its record, which makes it a build no more. So it is with a folder of
 * a lower layer of an overlay. Source: https://docs.kernel.org/filesystems/overlayfs.html, "Renaming directories"
 */
async function stayed(directory: string, error: unknown): Promise<string> {
  if (!(error instanceof Error && 'code' in error && error.code === 'EXDEV')) throw error;
  await rm(recordPath(directory), { force: true });
  return directory;
}

/** Removes the folders of a slot that has neither builds nor tags left. */
export async function removeEmptySlot(root: string, slot: string): Promise<void> {
  const { tags, directory } = slotPaths(root, slot);
  for (const folder of [tags, directory]) await rmdir(folder).catch(() => undefined);
}
