import { copyFile, link } from 'node:fs/promises';

/** Gives a file a second name, which takes no space; copies it where the two names are on different file systems. */
export async function linkOrCopy(from: string, to: string): Promise<void> {
  await link(from, to).catch(() => copyFile(from, to));
}
