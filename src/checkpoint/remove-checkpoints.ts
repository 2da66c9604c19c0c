import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { checkpointPaths, isRemovedCheckpoint, rootPaths } from '../filenames.js';
import { explainFileFailure } from '../image/explain-file-failure.js';
import { checkpointFolders } from './checkpoint-record.js';
import { lockCheckpoints, type CheckpointsLockOptions } from './lock-checkpoints.js';

/**
 * Removes checkpoints, and what is left of earlier ones; a slice that stands on their disks keeps them. One that is gone
 * already is done.
 *
 * @throws VirtbsError `locked`, `file-unwritable`
 */
export async function removeCheckpoints(
  root: string,
  keys: readonly string[],
  options: CheckpointsLockOptions,
): Promise<void> {
  await using _lock = await lockCheckpoints(root, 'exclusive', options);
  const names = await checkpointFolders(root);
  const { checkpoints } = rootPaths(root);
  await explainFileFailure(checkpoints, async () => {
    for (const name of names.filter(isRemovedCheckpoint)) await removeFolder(join(checkpoints, name));
    for (const key of keys.filter((each) => names.includes(each))) {
      const { directory, removed } = checkpointPaths(root, key);
      await rename(directory, removed);
      await removeFolder(removed);
    }
  });
}

async function removeFolder(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true });
}
