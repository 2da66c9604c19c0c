import { lockFile } from '../files/lock-file.js';
import { slotPaths } from '../filenames.js';
import type { ImagesLockOptions } from './lock-images.js';

/** Keeps every other process from changing the builds and tags of a slot until it is disposed of. */
export async function lockSlot(root: string, slot: string, options: ImagesLockOptions): Promise<AsyncDisposable> {
  const { holder, emit, signal, lockTimeout } = options;
  return await lockFile(slotPaths(root, slot).lock, {
    holder,
    signal,
    ...(lockTimeout !== undefined && { timeout: lockTimeout }),
    onWait: (other) => emit({ type: 'lock-wait', what: `image ${slot}`, holder: other }),
  });
}
