import { lstat } from 'node:fs/promises';
import { geteuid } from 'node:process';
import { VirtbsError } from '../errors.js';

/**
 * Refuses a path where another user has put a link: what is written there would land where they want it. Links of one's own and
 * of root are followed, as the kernel does in folders that are everybody's; where nothing is, all is well.
 *
 * Source: `fs.protected_symlinks` in Linux' Documentation/admin-guide/sysctl/fs.rst
 *
 * @throws VirtbsError `file-foreign`
 */
export async function refuseForeignLink(path: string): Promise<void> {
  const found = await lstat(path).catch(() => null);
  if (!found?.isSymbolicLink() || found.uid === 0 || found.uid === geteuid?.()) return;
  throw new VirtbsError('file-foreign', `${path} is a link of the user ${found.uid}, so it is not followed`, {
    hint: `see where it leads, then remove it: rm ${path}`,
  });
}
