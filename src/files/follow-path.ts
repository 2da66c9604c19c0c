import { realpath } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/** The path with all links on the way followed, as far as it exists; the last part stays, whatever it is. */
export async function followPath(path: string): Promise<string> {
  const parent = dirname(path);
  if (parent === path) return path;
  const folder = await realpath(parent).catch(() => followPath(parent));
  return join(folder, basename(path));
}
