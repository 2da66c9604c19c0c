import { slicePaths } from '../filenames.js';
import { readSnapshotRecord, snapshotNames } from './snapshot-record.js';
import { summarizeSnapshot, type SnapshotSummary } from './summarize-snapshot.js';

export interface SnapshotList {
  readonly version: 1;
  readonly slice: number;
  readonly snapshots: readonly SnapshotSummary[];
}

/** The snapshots of a slice, the oldest first; changes nothing. */
export async function listSnapshots(root: string, slice: number): Promise<SnapshotList> {
  const paths = slicePaths(root, slice);
  const names = await snapshotNames(paths);
  const snapshots = await Promise.all(
    names.map(async (name) => await summarizeSnapshot(paths, await readSnapshotRecord(paths, name))),
  );
  const oldestFirst = snapshots.toSorted((one, other) => Date.parse(one.created) - Date.parse(other.created));
  return { version: 1, slice, snapshots: oldestFirst };
}
