import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';

/** A digest over files in this order; each is on the disk, not only in memory, when it has been read. */
export async function digestFiles(paths: readonly string[]): Promise<string> {
  const digests: string[] = [];
  for (const path of paths) {
    await using file = await open(path);
    await file.sync();
    const hash = createHash('sha256');
    for await (const chunk of file.createReadStream({ autoClose: false }) as AsyncIterable<Buffer>) hash.update(chunk);
    digests.push(hash.digest('hex'));
  }
  return createHash('sha256').update(digests.join('\n')).digest('hex');
}
