import { rm, writeFile } from 'node:fs/promises';

/** Makes an empty file that only its owner can read and write, in the place of whatever had the name: never through a link. */
export async function writeNewFile(path: string): Promise<void> {
  await rm(path, { force: true });
  await writeFile(path, '', { mode: 0o600, flag: 'wx' });
}
