import type { VerbContext } from '../events.js';
import type { CheckpointSettings } from './checkpoint-settings.js';
import { listCheckpoints } from './list-checkpoints.js';
import { removeCheckpoints } from './remove-checkpoints.js';

/** Milliseconds to wait for those who bring checkpoints back. */
const PATIENCE = 10_000;

/** Removes checkpoints until number and size are within the limits: those that were not used for longest first. */
export async function limitCheckpoints(
  root: string,
  { maxCount, maxSize }: CheckpointSettings,
  context: VerbContext,
): Promise<void> {
  const newestFirst = (await listCheckpoints(root)).toReversed();
  let bytes = 0;
  const surplus = newestFirst.filter(({ memoryBytes, diskBytes }, index) => {
    bytes += memoryBytes + diskBytes;
    return index >= maxCount || bytes > maxSize;
  });
  if (surplus.length === 0) return;
  const keys = surplus.map(({ key }) => key);
  await removeCheckpoints(root, keys, { ...context, holder: 'removing old checkpoints', timeout: PATIENCE });
}
