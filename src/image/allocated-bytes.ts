import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { sum } from '../sum.js';

/** The unit of `st_blocks`, whatever the file system. Source: stat(2) */
const BLOCK_BYTES = 512;

/**
 * Bytes that a file, or a folder with all below it, takes up on the disk. A file of several names, as the kernels of builds that stand on
 * each other, counts whole in each: else the size of a build that never changes would change with its neighbours. What vanishes
 * meanwhile does not count.
 */
export async function allocatedBytes(path: string): Promise<number> {
  const below = await readdir(path, { recursive: true }).catch(() => []);
  const found = await Promise.all([path, ...below.map((name) => join(path, name))].map(blockBytes));
  return sum(found);
}

async function blockBytes(path: string): Promise<number> {
  const found = await lstat(path).catch(() => undefined);
  return (found?.blocks ?? 0) * BLOCK_BYTES;
}
