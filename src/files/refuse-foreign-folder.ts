import { lstat } from 'node:fs/promises';
import { env, geteuid } from 'node:process';
import { VirtbsError } from '../errors.js';
import { refuseForeignLink } from './refuse-foreign-link.js';

/**
 * Refuses a folder of another user, or a link of theirs in its place: who owns a folder can rename what is in it. Root's folders are all
 * right, and so are those of the user who became root by sudo: they can do all that root can. Where nothing is, all is well.
 *
 * @throws VirtbsError `file-foreign`
 */
export async function refuseForeignFolder(path: string): Promise<void> {
  await refuseForeignLink(path);
  const found = await lstat(path).catch(() => null);
  if (!found?.isDirectory() || found.uid === 0 || isOurs(found.uid)) return;
  throw new VirtbsError(
    'file-foreign',
    `${path} belongs to the user ${found.uid}, who could change it between two looks`,
    {
      hint: `call virtbs as that user, choose another --root, or take the folder over: sudo chown "$USER" ${path}`,
    },
  );
}

function isOurs(uid: number): boolean {
  const self = geteuid?.();
  return uid === self || (self === 0 && String(uid) === env['SUDO_UID']);
}
