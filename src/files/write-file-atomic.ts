import { open, rename, rm } from 'node:fs/promises';
import { temporaryPath } from '../filenames.js';

/**
 * Writes a file whole or not at all: to a temporary name in the same folder, then renamed. A link at the path is replaced,
 * not followed. Nobody else writes the file meanwhile: the caller holds a lock. What a process that was killed has left of the
 * temporary file goes with the next writing, or with whoever removes the file.
 *
 * @param mode permissions of the new file, 0600 for whatever holds keys
 */
export async function writeFileAtomic(path: string, content: string | Uint8Array, mode = 0o644): Promise<void> {
  const temporary = temporaryPath(path);
  try {
    await rm(temporary, { force: true });
    const file = await open(temporary, 'wx', mode);
    try {
      await file.writeFile(content);
      await file.chmod(mode);
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}
