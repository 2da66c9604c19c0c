import { rename, rm } from 'node:fs/promises';
import type { VerbContext } from '../events.js';
import { prepareRoot } from '../files/prepare-root.js';
import { slicePaths, snapshotPaths } from '../filenames.js';
import { lockSlice } from './lock-slice.js';
import { removeSnapshotLeftovers } from './remove-snapshot-leftovers.js';
import { assertSnapshotKnown } from './snapshot-record.js';
import type { StandingOptions } from './standing-slice.js';

export interface DeleteSnapshotOptions extends Pick<StandingOptions, 'slice' | 'driver' | 'root'> {
  readonly name: string;
  readonly dryRun: boolean;
  /** Milliseconds to wait for another process that changes the slice. */
  readonly lockTimeout: number;
}

export interface DeletedSnapshot {
  readonly version: 1;
  readonly slice: number;
  readonly dryRun: boolean;
  /** The name of what was removed, or would be. */
  readonly deleted: string;
}

/**
 * Removes a snapshot, and what of disks only it was standing on; VMs and other snapshots are not touched.
 *
 * @throws VirtbsError `snapshot-unknown`
 */
export async function deleteSnapshot(options: DeleteSnapshotOptions, context: VerbContext): Promise<DeletedSnapshot> {
  const { slice, root, name, dryRun, lockTimeout } = options;
  const paths = slicePaths(root, slice);
  if (!dryRun) await prepareRoot(root);
  await using _lock = dryRun
    ? undefined
    : await lockSlice({ root, slice, verb: 'snapshot', timeout: lockTimeout }, context);
  await assertSnapshotKnown(paths, slice, name);
  const result = { version: 1, slice, dryRun, deleted: name } as const;
  if (dryRun) return result;
  const { directory, unfinished } = snapshotPaths(paths, name);
  await rm(unfinished, { recursive: true, force: true });
  await rename(directory, unfinished);
  await removeSnapshotLeftovers(paths, options, context);
  return result;
}
