import { statfs } from 'node:fs/promises';
import type { MemoryMode } from '../config/checkpoint-settings.js';
import { rootPaths } from '../filenames.js';
import type { CheckpointQuestion } from './find-checkpoint.js';

/** The part of the free space that a checkpoint may take. */
export const ROOM = 0.5;

const MIB = 1024 ** 2;

/**
 * Returns how the memory of VMs is to be kept that boot now. Where all of it might not fit on the disk it is no file: a guest that
 * touches a page for which there is no room would end with its emulator.
 */
export async function memoryToKeep({
  root,
  plan,
  settings,
}: Pick<CheckpointQuestion, 'root' | 'plan' | 'settings'>): Promise<MemoryMode> {
  if (settings.memory === 'stream') return 'stream';
  const bytes = plan.vms.reduce((sum, { memoryMiB }) => sum + memoryMiB * MIB, 0);
  const { bavail, bsize } = await statfs(rootPaths(root).root);
  return bytes <= bavail * bsize * ROOM && bytes <= settings.maxSize ? settings.memory : 'stream';
}
