import { VirtbsError } from '../errors.js';
import { rootPaths } from '../filenames.js';
import { assertPathPlain } from './assert-path-plain.js';
import { refuseForeignFolder } from './refuse-foreign-folder.js';
import { makeReadableDirectory } from './make-readable-directory.js';

/** Makes the folders under the root that every verb that changes something needs. @throws VirtbsError `file-foreign` for another user's */
export async function prepareRoot(root: string): Promise<void> {
  assertPathPlain(root, '--root');
  const { root: top, images, downloads, leases, locks, slices } = rootPaths(root);
  try {
    for (const directory of [top, images, downloads, leases, locks, slices]) {
      await makeReadableDirectory(directory);
      await refuseForeignFolder(directory);
    }
  } catch (cause) {
    if (cause instanceof VirtbsError) throw cause;
    throw new VirtbsError('file-unwritable', `${root}: ${cause instanceof Error ? cause.message : String(cause)}`, {
      hint: `make it yours once: sudo install -d -o "$USER" ${root}, or choose another folder with --root`,
      cause,
    });
  }
}
