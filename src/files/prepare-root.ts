import { VirtbsError } from '../errors.js';
import { rootPaths } from '../filenames.js';
import { assertPathPlain } from './assert-path-plain.js';
import { makeReadableDirectory } from './make-readable-directory.js';

/** Makes the folders under the root that every verb that changes something needs. */
export async function prepareRoot(root: string): Promise<void> {
  assertPathPlain(root, '--root');
  const { images, downloads, leases, locks, slices } = rootPaths(root);
  try {
    for (const directory of [images, downloads, leases, locks, slices]) await makeReadableDirectory(directory);
  } catch (cause) {
    throw new VirtbsError('file-unwritable', `${root}: ${cause instanceof Error ? cause.message : String(cause)}`, {
      hint: `make it yours once: sudo install -d -o "$USER" ${root}, or choose another folder with --root`,
      cause,
    });
  }
}
