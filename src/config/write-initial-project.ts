import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { VirtbsError } from '../errors.js';
import { initialProject, type InitialProjectOptions } from './initial-project.js';

/**
 * Writes the file that a new project begins with, and its folder.
 *
 * @returns the path
 * @throws VirtbsError `file-exists` where there is one; `file-unwritable` where it cannot be written
 */
export async function writeInitialProject(path: string, options: InitialProjectOptions): Promise<string> {
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, initialProject(options), { flag: 'wx', mode: 0o644 });
    return path;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'EEXIST') {
      throw new VirtbsError('file-exists', `${path} is there already`, {
        hint: 'edit it, or remove it first; virtbs init FOLDER begins another project',
        cause: error,
      });
    }
    if (!(error instanceof Error) || code === undefined) throw error;
    throw new VirtbsError('file-unwritable', `${path}: cannot be written: ${error.message}`, {
      hint: 'see who owns the folder, or choose another one: virtbs init FOLDER',
      cause: error,
    });
  }
}
