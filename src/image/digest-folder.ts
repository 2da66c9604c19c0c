import { createHash } from 'node:crypto';
import { lstat, readdir, readFile, readlink } from 'node:fs/promises';
import { join, relative } from 'node:path';

/**
 * A digest over the names and contents of all files in a folder and below, and over which of them can be executed. Times and
 * owners do not count: two clones of the same sources have the same digest.
 */
export async function digestFolder(directory: string): Promise<string> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => !entry.isDirectory()).map((entry) => join(entry.parentPath, entry.name));
  const parts = await Promise.all(paths.sort().map((path) => describe(path, relative(directory, path))));
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest('hex');
}

/** Name, kind and length come before the content, so that no two folders are one string of bytes. */
async function describe(path: string, name: string): Promise<Buffer> {
  const found = await lstat(path);
  const content = found.isSymbolicLink() ? Buffer.from(await readlink(path)) : await readFile(path);
  const kind = found.isSymbolicLink() ? 'link' : (found.mode & 0o100) === 0 ? 'file' : 'program';
  return Buffer.concat([Buffer.from(JSON.stringify([name, kind, content.length])), content]);
}
