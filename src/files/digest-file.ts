import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';

/** The SHA-256 of a file, in hex. With `sync` the file is on the disk, not only in memory, when it has been read. */
export async function digestFile(path: string, { sync = false }: { readonly sync?: boolean } = {}): Promise<string> {
  await using file = await open(path);
  if (sync) await file.sync();
  const hash = createHash('sha256');
  for await (const chunk of file.createReadStream({ autoClose: false }) as AsyncIterable<Buffer>) hash.update(chunk);
  return hash.digest('hex');
}
