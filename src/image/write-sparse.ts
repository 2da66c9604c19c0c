import { open } from 'node:fs/promises';
import { SparseFile } from './sparse-file.js';

/**
 * Writes bytes to a new file and waits until they are on the disk. Where they are zeros the file gets holes.
 *
 * @throws an error of the file system
 */
export async function writeSparse(path: string, chunks: AsyncIterable<Buffer>): Promise<void> {
  await using file = await open(path, 'w', 0o644);
  const sparse = new SparseFile(file);
  for await (const chunk of chunks) await sparse.write(chunk);
  await sparse.finish();
}
