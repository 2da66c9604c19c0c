import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** The unit of `st_blocks`, whatever the file system. Source: stat(2) */
const BLOCK_BYTES = 512;

/**
 * Bytes that a file, or a folder with all below it, takes up on the disk. A file of several names, as the kernels of builds
 * that stand on each other, counts by its share; what vanishes meanwhile does not count.
 */
export async function allocatedBytes(path: string): Promise<number> {
  const below = await readdir(path, { recursive: true }).catch(() => []);
  const found = await Promise.all([path, ...below.map((name) => join(path, name))].map(share));
  return Math.round(found.reduce((sum, number) => sum + number, 0));
}

async function share(path: string): Promise<number> {
  const found = await lstat(path).catch(() => undefined);
  if (!found) return 0;
  return (found.blocks * BLOCK_BYTES) / (found.isDirectory() ? 1 : found.nlink);
}
