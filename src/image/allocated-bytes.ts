import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** The unit of `st_blocks`, whatever the file system. Source: stat(2) */
const BLOCK_BYTES = 512;

/** Bytes that a file, or a folder with all below it, takes up on the disk; what vanishes meanwhile does not count. */
export async function allocatedBytes(path: string): Promise<number> {
  const below = await readdir(path, { recursive: true }).catch(() => []);
  const found = await Promise.all([path, ...below.map((name) => join(path, name))].map(blocks));
  return found.reduce((sum, number) => sum + number, 0) * BLOCK_BYTES;
}

async function blocks(path: string): Promise<number> {
  return (await lstat(path).catch(() => undefined))?.blocks ?? 0;
}
