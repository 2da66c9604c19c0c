import { constants } from 'node:fs';
import { copyFile, link, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { layerFiles, type CheckpointRecord } from '../checkpoint/checkpoint-record.js';
import { lockCheckpoints } from '../checkpoint/lock-checkpoints.js';
import { removeCheckpoints } from '../checkpoint/remove-checkpoints.js';
import type { CreateRequest } from '../driver/types.js';
import { VirtbsError } from '../errors.js';
import type { VerbContext } from '../events.js';
import { checkpointPaths, checkpointRecordPath, consolePath, keptConsolePath, type SlicePaths } from '../filenames.js';
import { describeFileFailure } from '../image/explain-file-failure.js';

export interface RestoreCheckpointOptions {
  readonly root: string;
  readonly paths: SlicePaths;
  /** Creates the VMs from what was kept, and sees that they are well; says why they are not. */
  readonly create: (kept: NonNullable<CreateRequest['kept']>) => Promise<RestoreFailure | null>;
}

/** The reason why a slice could not be brought back. */
export interface RestoreFailure {
  readonly reason: string;
  /** True if it shows that the checkpoint itself is no good; a host that is busy or full says nothing about it. */
  readonly isBad: boolean;
}

/** Milliseconds to wait for those who remove checkpoints. */
const PATIENCE = 10_000;

/**
 * Brings a slice back that holds nothing, from its checkpoint. Where that does not work it is told, and what was made of the
 * slice is left for the caller to destroy; the checkpoint is removed only where it was shown to be bad.
 *
 * @returns whether all VMs are well
 */
export async function restoreCheckpoint(
  record: CheckpointRecord,
  { root, paths, create }: RestoreCheckpointOptions,
  context: VerbContext,
): Promise<boolean> {
  const { slice, key, vms } = record;
  const { directory } = checkpointPaths(root, key);
  const locking = { ...context, lockTimeout: PATIENCE };
  const failure = await failureOf(context, async () => {
    await using _lock = await lockCheckpoints(root, 'shared', { ...locking, holder: `cycle of slice ${slice}` });
    await layOut(record, directory, paths);
    const found = await create({ directory, layers: paths.layers, kept: vms });
    const now = new Date();
    if (!found) await utimes(checkpointRecordPath(directory), now, now);
    return found;
  });
  if (failure === null) return true;
  const reason = failure.reason.split('\n').join(': ');
  const fate = failure.isBad ? 'removed' : 'kept';
  context.emit({ type: 'warning', message: `checkpoint ${key} is ${fate}, and slice ${slice} is booted: ${reason}` });
  if (!failure.isBad) return false;
  await removeCheckpoints(root, [key], { ...locking, holder: 'removing a checkpoint that does not work' });
  return false;
}

/** Returns why it did not work, or null. What is no failure of files, guests or the hypervisor is thrown on. */
async function failureOf(
  { signal }: VerbContext,
  work: () => Promise<RestoreFailure | null>,
): Promise<RestoreFailure | null> {
  try {
    return await work();
  } catch (error) {
    signal.throwIfAborted();
    const told = describeFileFailure('its files', error, { full: '', other: '' });
    if (told instanceof VirtbsError && told.code !== 'cancelled') {
      return { reason: told.message, isBad: told.code !== 'libvirt-failed' && isOfCheckpoint(told) };
    }
    throw error;
  }
}

/**
 * Tells whether an error of a VM that was to go on is the fault of what was kept: files are gone, or the hypervisor refuses
 * them.
 */
export function isOfCheckpoint(error: Error): boolean {
  if (!(error instanceof VirtbsError)) return false;
  const { code, cause } = error;
  const isGone = cause instanceof Error && 'code' in cause && cause.code === 'ENOENT';
  return (
    isGone ||
    code === 'emulator-file-missing' ||
    code === 'libvirt-failed' ||
    code === 'file-unreadable' ||
    code === 'image-corrupt'
  );
}

/** Gives the slice the files that its VMs need beside memory. */
async function layOut(record: CheckpointRecord, directory: string, paths: SlicePaths): Promise<void> {
  await Promise.all([
    ...layerFiles(record).map((layer) => shareFile(join(directory, layer), join(paths.layers, layer))),
    ...record.vms.map(({ hostname }) => copyFile(keptConsolePath(directory, hostname), consolePath(paths, hostname))),
  ]);
}

/** Gives a file that is only ever read another name, which outlives the first; a copy where the system allows no link. */
export async function shareFile(path: string, other: string): Promise<void> {
  await link(path, other).catch(async (error: unknown) => {
    if (!(error instanceof Error) || !('code' in error) || error.code !== 'EPERM') throw error;
    await copyFile(path, other, constants.COPYFILE_FICLONE);
  });
}
