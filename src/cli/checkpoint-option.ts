import { CHECKPOINT_MODES, type CheckpointSettings } from '../checkpoint/checkpoint-settings.js';
import type { CommandArguments } from './command.js';

/** Of commands that build slices anew. */
export const CHECKPOINT_OPTION = {
  type: 'string',
  choices: CHECKPOINT_MODES,
  requiresArg: true,
  defaultDescription: 'checkpoint.keep of the configuration: auto',
  describe: 'bring the slice back as it was kept instead of booting it, and keep it: auto, where that pays',
} as const;

/** What the configuration says, unless the line says otherwise. */
export function checkpointSettings(args: CommandArguments, settings: CheckpointSettings): CheckpointSettings {
  const keep = CHECKPOINT_MODES.find((mode) => mode === args['checkpoint']);
  return keep ? { ...settings, keep } : settings;
}
