import { rename, rm } from 'node:fs/promises';
import type { VerbContext } from '../events.js';
import { slicePaths, snapshotPaths } from '../filenames.js';
import { openVerb } from './open-verb.js';
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
export async function deleteSnapshot(options: DeleteSnapshotOptions, verb: VerbContext): Promise<DeletedSnapshot> {
  const { slice, root, name, dryRun, lockTimeout } = options;
  const paths = slicePaths(root, slice);
  const inspect = (): Promise<void> => assertSnapshotKnown(paths, slice, name);
  await using opened = await openVerb({ verb: 'snapshot', slice, root, lockTimeout, dryRun, inspect }, verb);
  const result = { version: 1, slice, dryRun, deleted: name } as const;
  if (dryRun) return result;
  const { directory, unfinished } = snapshotPaths(paths, name);
  await rm(unfinished, { recursive: true, force: true });
  await rename(directory, unfinished);
  await removeSnapshotLeftovers(paths, options, opened.context);
  return result;
}
