import { open } from 'node:fs/promises';
import { gather } from './gather.js';
import { SparseFile } from './sparse-file.js';

const WRITE_BYTES = 1024 * 1024;

/**
 * Writes bytes to a new file and waits until they are on the disk. Where they are zeros the file gets holes. The next bytes
 * come while the last are being written.
 *
 * @throws an error of the file system, or what the source of the bytes throws
 */
export async function writeSparse(path: string, chunks: AsyncIterable<Buffer>): Promise<void> {
  await using file = await open(path, 'w', 0o644);
  const sparse = new SparseFile(file);
  let written = Promise.resolve();
  try {
    for await (const chunk of gather(chunks, WRITE_BYTES)) {
      await written;
      written = sparse.write(chunk);
      // Told when it is waited for.
      written.catch(() => undefined);
    }
  } finally {
    // Nobody writes to a file that is closed.
    await written;
  }
  await sparse.finish();
}
