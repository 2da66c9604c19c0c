import { createHash } from 'node:crypto';
import type { Stats } from 'node:fs';
import { lstat, opendir, readFile, readlink } from 'node:fs/promises';
import { join, relative } from 'node:path';

export interface FolderLimit {
  /** The most entries, with folders. */
  readonly files: number;
  readonly bytes: number;
}

/**
 * A digest over the names and contents of all files in a folder and below, and over which of them can be executed. Times and
 * owners do not count: two clones of the same sources have the same digest. Nothing where the folder holds more than the
 * limit, which is found out before anything is read.
 *
 * @throws an error of the file system, or an Error for what is neither a file nor a link
 */
export async function digestFolder(directory: string, limit: FolderLimit): Promise<string | undefined> {
  const paths: string[] = [];
  const folder = await opendir(directory, { recursive: true });
  let entries = 0;
  for await (const entry of folder) {
    if (++entries > limit.files) return undefined;
    if (!entry.isDirectory()) paths.push(join(entry.parentPath, entry.name));
  }
  const files = await Promise.all(paths.sort().map(async (path) => ({ path, found: await lstat(path) })));
  if (files.reduce((sum, { found }) => sum + found.size, 0) > limit.bytes) return undefined;
  const parts = await Promise.all(files.map(({ path, found }) => describe(path, found, relative(directory, path))));
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest('hex');
}

/** Name, kind and length come before the content, so that no two folders are one string of bytes. */
async function describe(path: string, found: Stats, name: string): Promise<Buffer> {
  // A pipe would never end.
  if (!found.isFile() && !found.isSymbolicLink()) throw new Error(`${path} is neither a file nor a link`);
  const content = found.isSymbolicLink() ? Buffer.from(await readlink(path)) : await readFile(path);
  const kind = found.isSymbolicLink() ? 'link' : (found.mode & 0o100) === 0 ? 'file' : 'program';
  return Buffer.concat([Buffer.from(JSON.stringify([name, kind, content.length])), content]);
}
