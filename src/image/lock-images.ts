import type { VerbContext } from '../events.js';
import type { LockMode } from '../files/flock.js';
import { lockFile } from '../files/lock-file.js';
import { rootPaths } from '../filenames.js';

export interface ImagesLockOptions extends VerbContext {
  /** The work that the lock is held for; processes that wait show it. */
  readonly holder: string;
  /** Milliseconds to wait at most; the signal is the only limit where not given. */
  readonly lockTimeout?: number | undefined;
}

/**
 * Keeps every build in the library until it is disposed of: for who follows a tag, and then stands something on the build
 * or copies it. Any number of processes may do so at once. It is taken before the lock of a slot, and after that of a slice.
 *
 * @throws VirtbsError what `lockFile` throws
 */
export async function useImages(root: string, options: ImagesLockOptions): Promise<AsyncDisposable> {
  return await lockImages(root, 'shared', options);
}

/** Keeps everybody else out of the library until it is disposed of: for who removes builds. */
export async function changeImages(root: string, options: ImagesLockOptions): Promise<AsyncDisposable> {
  return await lockImages(root, 'exclusive', options);
}

async function lockImages(root: string, mode: LockMode, options: ImagesLockOptions): Promise<AsyncDisposable> {
  const { holder, emit, signal, lockTimeout } = options;
  return await lockFile(rootPaths(root).imagesLock, {
    mode,
    holder,
    signal,
    ...(lockTimeout !== undefined && { timeout: lockTimeout }),
    onWait: (other) => emit({ type: 'lock-wait', what: 'the image library', holder: other }),
  });
}
