import { constants } from 'node:fs';
import { mkdir, open, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { VirtbsError } from '../errors.js';

/**
 * Opens a file of our own to read and write, made where it is missing, its folder too. Never through a link, and never a file
 * that also has another name: what is written here would land in a file elsewhere.
 *
 * @throws VirtbsError `file-foreign` where something else is at the path, `file-unwritable` where it cannot be opened.
 */
export async function openPlainFile(path: string): Promise<FileHandle> {
  const { O_RDWR, O_CREAT, O_NOFOLLOW, O_NONBLOCK } = constants;
  let file: FileHandle;
  try {
    await mkdir(dirname(path), { recursive: true });
    // Closed to others: whoever can open a file, be it only to read, can hold its lock.
    file = await open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0o600);
  } catch (error) {
    throw describeFailure(path, error);
  }
  const found = await file.stat();
  if (found.isFile() && found.nlink <= 1) return file;
  await file.close();
  throw foreign(path, found.isFile() ? 'has a second name' : 'is no plain file');
}

function describeFailure(path: string, error: unknown): VirtbsError {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ELOOP') return foreign(path, 'is a symbolic link', error);
  if (code === 'EISDIR' || code === 'ENXIO') return foreign(path, 'is no plain file', error);
  const reason = error instanceof Error ? error.message : String(error);
  return new VirtbsError('file-unwritable', `${path}: cannot be opened: ${reason}`, {
    hint: 'see who owns the file and its folder, or give another --root',
    cause: error,
  });
}

function foreign(path: string, what: string, cause?: unknown): VirtbsError {
  return new VirtbsError('file-foreign', `${path} ${what}, so it is not ours`, {
    hint: `look at it, then remove it: rm ${path}`,
    cause,
  });
}
