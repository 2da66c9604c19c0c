import { mkdir } from 'node:fs/promises';
import type { SlicePaths } from '../filenames.js';

/** Makes the folders of one slice. The emulator's user must be able to pass through to the files it is given, no more. */
export async function prepareSliceDirectories(paths: SlicePaths): Promise<void> {
  await mkdir(paths.directory, { recursive: true, mode: 0o755 });
  for (const directory of [paths.disks, paths.seeds, paths.logs])
    await mkdir(directory, { recursive: true, mode: 0o711 });
  await mkdir(paths.mux, { recursive: true, mode: 0o700 });
}
