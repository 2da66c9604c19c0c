import type { VerbContext } from '../events.js';
import { lockFile } from '../files/lock-file.js';
import { slicePaths } from '../filenames.js';

export interface SliceLockOptions {
  readonly root: string;
  readonly slice: number;
  /** The work on the slice; processes that wait show it. */
  readonly verb: string;
  /** Milliseconds to wait for another holder. */
  readonly lockTimeout: number;
}

/** Keeps every other process from changing the slice until it is disposed of, or this process ends. */
export async function lockSlice(options: SliceLockOptions, { emit, signal }: VerbContext): Promise<AsyncDisposable> {
  const { root, slice, verb, lockTimeout } = options;
  return await lockFile(slicePaths(root, slice).lock, {
    signal,
    timeout: lockTimeout,
    holder: `${verb} of slice ${slice}`,
    onWait: (holder) => emit({ type: 'lock-wait', what: `slice ${slice}`, holder }),
  });
}
