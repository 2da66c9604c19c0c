import type { VerbContext } from '../events.js';
import { lockFile } from '../files/lock-file.js';
import { slicePaths } from '../filenames.js';

export interface SliceLockOptions {
  readonly root: string;
  readonly slice: number;
  /** What is done with the slice, for those who wait. */
  readonly verb: string;
  /** Milliseconds to wait for another holder. */
  readonly timeout: number;
}

/** Keeps every other process from changing the slice until it is disposed of, or this process ends. */
export async function lockSlice(options: SliceLockOptions, { emit, signal }: VerbContext): Promise<AsyncDisposable> {
  const { root, slice, verb, timeout } = options;
  return await lockFile(slicePaths(root, slice).lock, {
    signal,
    timeout,
    holder: `${verb} of slice ${slice}`,
    onWait: (holder) => emit({ type: 'lock-wait', what: `slice ${slice}`, holder }),
  });
}
