import { VirtbsError } from '../errors.js';
import type { VerbContext } from '../events.js';
import { listCheckpoints, type CheckpointSummary } from './list-checkpoints.js';
import { removeCheckpoints } from './remove-checkpoints.js';

export interface ForgetRequest {
  readonly root: string;
  /** All slices where not given. */
  readonly slice: number | undefined;
  readonly keys: readonly string[] | 'all';
  /** Change nothing. */
  readonly dryRun: boolean;
  /** Milliseconds to wait for those who bring checkpoints back. */
  readonly lockTimeout: number;
}

export interface ForgetResult {
  readonly version: 1;
  readonly dryRun: boolean;
  readonly removed: readonly Pick<CheckpointSummary, 'key' | 'slice'>[];
  /** Bytes that were freed. Less is freed where a slice still uses the disks. */
  readonly bytes: number;
}

/**
 * Removes the checkpoints that are named, all or none.
 *
 * @throws VirtbsError `checkpoint-unknown`, and what `removeCheckpoints` throws
 */
export async function forgetCheckpoints(request: ForgetRequest, context: VerbContext): Promise<ForgetResult> {
  const { root, slice, keys, dryRun, lockTimeout } = request;
  const known = await listCheckpoints(root, slice);
  const unknown = keys === 'all' ? [] : keys.filter((key) => known.every((each) => each.key !== key));
  if (unknown.length > 0) {
    const where = slice === undefined ? '' : ` of slice ${slice}`;
    throw new VirtbsError('checkpoint-unknown', `there is no checkpoint ${unknown.join(', ')}${where}`, {
      hint: 'virtbs checkpoint ls lists them',
    });
  }
  const removed = known.filter(({ key }) => keys === 'all' || keys.includes(key));
  if (!dryRun) {
    await removeCheckpoints(
      root,
      removed.map(({ key }) => key),
      { ...context, holder: 'removing checkpoints', lockTimeout },
    );
  }
  const bytes = removed.reduce((sum, { memoryBytes, diskBytes }) => sum + memoryBytes + diskBytes, 0);
  return { version: 1, dryRun, removed: removed.map((each) => ({ key: each.key, slice: each.slice })), bytes };
}
