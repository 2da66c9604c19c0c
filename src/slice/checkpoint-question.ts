import type { CheckpointSettings } from '../config/checkpoint-settings.js';
import type { VerbContext } from '../events.js';
import type { SlicePlan } from '../plan/plan.js';
import { checkpointObstacle, type CheckpointQuestion } from './find-checkpoint.js';
import { notKept } from './keep-checkpoint.js';
import type { CreationOptions } from './slice-creation.js';

/** A slice that is to be made, and what is said of checkpoints of it. */
export interface CheckpointWish extends Pick<CreationOptions, 'driver' | 'images' | 'wait'> {
  readonly plan: SlicePlan;
  /** Whether and how many checkpoints are kept; none is made or used where not given. */
  readonly checkpoint?: CheckpointSettings;
}

/** Returns what a checkpoint is looked for and made by; null where checkpoints are not wanted, or cannot be. */
export function checkpointQuestion(
  { plan, driver, images: { root }, checkpoint: settings, wait }: CheckpointWish,
  given: Pick<CheckpointQuestion, 'images' | 'seeds'>,
  { emit }: VerbContext,
): CheckpointQuestion | null {
  if (!settings || settings.keep === 'no') return null;
  const question = { root, plan, driver, settings, ...given };
  const obstacle = checkpointObstacle(question, wait);
  if (obstacle === null) return question;
  if (settings.keep === 'yes') emit(notKept(plan, obstacle, 'warning'));
  return null;
}
