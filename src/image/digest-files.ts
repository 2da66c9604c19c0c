import { createHash } from 'node:crypto';
import { digestFile } from './digest-file.js';

/** A digest over files in this order; each is on the disk, not only in memory, when it has been read. */
export async function digestFiles(paths: readonly string[]): Promise<string> {
  const digests: string[] = [];
  for (const path of paths) digests.push(await digestFile(path, { sync: true }));
  return createHash('sha256').update(digests.join('\n')).digest('hex');
}
