import { chmod, mkdir } from 'node:fs/promises';
import { refuseForeignLink } from '../files/refuse-foreign-link.js';
import type { SlicePaths } from '../filenames.js';

/**
 * Makes the folders of one slice. The emulator's user must be able to pass through to the files it is given, no more, whatever
 * the umask.
 */
export async function prepareSliceDirectories(paths: SlicePaths): Promise<void> {
  await makeDirectory(paths.directory, 0o755);
  const { disks, seeds, logs, snapshots, layers, memory } = paths;
  for (const directory of [disks, seeds, logs, snapshots, layers, memory]) await makeDirectory(directory, 0o711);
  await makeDirectory(paths.mux, 0o700);
}

/** A folder that exists keeps its permissions. @throws VirtbsError `file-foreign` */
async function makeDirectory(path: string, mode: number): Promise<void> {
  await refuseForeignLink(path);
  const made = await mkdir(path, { recursive: true, mode });
  if (made !== undefined) await chmod(path, mode);
}
