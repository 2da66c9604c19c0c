import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';

/**
 * Tells whether two paths lead to one folder, by links or mounts; paths that lead nowhere are compared as they are written.
 */
export async function isSameFolder(one: string, other: string): Promise<boolean> {
  if (resolve(one) === resolve(other)) return true;
  const [first, second] = await Promise.all([one, other].map((path) => stat(path, { bigint: true }).catch(() => null)));
  return first != null && second != null && first.dev === second.dev && first.ino === second.ino;
}
