import { constants } from 'node:fs';
import { copyFile, link, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import type { CheckpointRecord } from '../checkpoint/checkpoint-record.js';
import { lockCheckpoints } from '../checkpoint/lock-checkpoints.js';
import { removeCheckpoints } from '../checkpoint/remove-checkpoints.js';
import type { BuildRequest } from '../driver/types.js';
import { VirtbsError } from '../errors.js';
import type { VerbContext } from '../events.js';
import { checkpointPaths, checkpointRecordPath, consolePath, keptConsolePath, type SlicePaths } from '../filenames.js';
import { describeFileFailure } from '../image/explain-file-failure.js';
import type { VmFailure } from './vm-failure.js';

export interface RestoreCheckpointOptions {
  readonly root: string;
  readonly paths: SlicePaths;
  /** Builds the VMs from what was kept, and sees that they are well; says which are not. */
  readonly build: (kept: NonNullable<BuildRequest['kept']>) => Promise<readonly VmFailure[]>;
}

/** Milliseconds to wait for those who remove checkpoints. */
const PATIENCE = 10_000;

/**
 * Brings a slice back that holds nothing, from its checkpoint. A checkpoint that does not work is removed, which is told; what
 * was made of the slice is then left for the caller to destroy.
 *
 * @returns whether all VMs are well
 */
export async function restoreCheckpoint(
  record: CheckpointRecord,
  { root, paths, build }: RestoreCheckpointOptions,
  context: VerbContext,
): Promise<boolean> {
  const { slice, key, vms } = record;
  const { directory } = checkpointPaths(root, key);
  const locking = { ...context, timeout: PATIENCE };
  const reason = await reasonOf(context, async () => {
    await using _lock = await lockCheckpoints(root, 'shared', { ...locking, holder: `cycle of slice ${slice}` });
    await layOut(record, directory, paths);
    const [failure] = await build({ directory, layers: paths.layers, saved: vms });
    const now = new Date();
    if (!failure) await utimes(checkpointRecordPath(directory), now, now);
    return failure ? `${failure.vm.hostname}: ${failure.reason}` : null;
  });
  if (reason === null) return true;
  const [first = ''] = reason.split('\n');
  context.emit({ type: 'warning', message: `checkpoint ${key} is removed, and slice ${slice} is booted: ${first}` });
  await removeCheckpoints(root, [key], { ...locking, holder: 'removing a checkpoint that does not work' });
  return false;
}

/** Why it did not work, or null. What is no failure of files, guests or the hypervisor is thrown on. */
async function reasonOf({ signal }: VerbContext, work: () => Promise<string | null>): Promise<string | null> {
  try {
    return await work();
  } catch (error) {
    signal.throwIfAborted();
    const told = describeFileFailure('its files', error, { full: '', other: '' });
    if (told instanceof VirtbsError && told.code !== 'cancelled') return told.message;
    throw error;
  }
}

/** Gives the slice the files that its VMs need beside memory. */
async function layOut({ vms }: CheckpointRecord, directory: string, paths: SlicePaths): Promise<void> {
  await Promise.all(
    vms.flatMap(({ hostname, disks }) => [
      ...disks.map(({ layer }) => shareFile(join(directory, layer), join(paths.layers, layer))),
      copyFile(keptConsolePath(directory, hostname), consolePath(paths, hostname)),
    ]),
  );
}

/** Gives a file that is only ever read another name, which outlives the first; a copy where the system allows no link. */
export async function shareFile(path: string, other: string): Promise<void> {
  await link(path, other).catch(async (error: unknown) => {
    if (!(error instanceof Error) || !('code' in error) || error.code !== 'EPERM') throw error;
    await copyFile(path, other, constants.COPYFILE_FICLONE);
  });
}
