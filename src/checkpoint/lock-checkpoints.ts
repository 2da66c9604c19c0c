import type { VerbContext } from '../events.js';
import type { LockMode } from '../files/flock.js';
import { lockFile } from '../files/lock-file.js';
import { rootPaths } from '../filenames.js';

export interface CheckpointsLockOptions extends VerbContext {
  /** The work that the lock is held for; processes that wait show it. */
  readonly holder: string;
  /** Milliseconds to wait at most. */
  readonly lockTimeout: number;
}

/**
 * Keeps every checkpoint until it is disposed of (`shared`), or everybody else from all of them (`exclusive`). It is taken
 * after the lock of a slice.
 *
 * @throws VirtbsError what `lockFile` throws
 */
export async function lockCheckpoints(
  root: string,
  mode: LockMode,
  { holder, emit, signal, lockTimeout }: CheckpointsLockOptions,
): Promise<AsyncDisposable> {
  return await lockFile(rootPaths(root).checkpointsLock, {
    mode,
    holder,
    signal,
    timeout: lockTimeout,
    onWait: (other) => emit({ type: 'lock-wait', what: 'the checkpoints', holder: other }),
  });
}
