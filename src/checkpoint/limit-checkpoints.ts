import type { VerbContext } from '../events.js';
import type { CheckpointSettings } from '../config/checkpoint-settings.js';
import { listCheckpoints } from './list-checkpoints.js';
import { removeCheckpoints } from './remove-checkpoints.js';

/** Milliseconds to wait for those who bring checkpoints back. */
const PATIENCE = 10_000;

export interface CheckpointLimits extends Pick<CheckpointSettings, 'maxCount' | 'maxSize'> {
  /** The key of the checkpoint that was just kept: it stays, and counts first. */
  readonly kept: string;
}

/**
 * Removes checkpoints until number and size are within the limits: those that were not used for longest first. The one that was
 * just kept stays, whatever the clock of the host says, and however large it turned out to be.
 */
export async function limitCheckpoints(
  root: string,
  { maxCount, maxSize, kept }: CheckpointLimits,
  context: VerbContext,
): Promise<void> {
  const listed = (await listCheckpoints(root)).toReversed();
  const own = listed.filter(({ key }) => key === kept);
  const newestFirst = listed.filter(({ key }) => key !== kept);
  let bytes = own.reduce((sum, { memoryBytes, diskBytes }) => sum + memoryBytes + diskBytes, 0);
  const surplus = newestFirst.filter(({ memoryBytes, diskBytes }, index) => {
    bytes += memoryBytes + diskBytes;
    return index + own.length >= maxCount || bytes > maxSize;
  });
  if (surplus.length === 0) return;
  const keys = surplus.map(({ key }) => key);
  await removeCheckpoints(root, keys, { ...context, holder: 'removing old checkpoints', lockTimeout: PATIENCE });
}
