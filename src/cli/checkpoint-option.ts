import { CHECKPOINT_MODES, type CheckpointMode, type CheckpointSettings } from '../config/checkpoint-settings.js';

/** The option of commands that make slices anew. */
export const CHECKPOINT_OPTION = {
  type: 'string',
  choices: CHECKPOINT_MODES,
  requiresArg: true,
  defaultDescription: 'checkpoint.keep of the configuration: auto',
  describe: 'bring the slice back as it was kept instead of booting it, and keep it: auto, where that pays',
} as const;

/** Returns what the configuration says, unless the line says otherwise. */
export function checkpointSettings(
  { checkpoint: keep }: { readonly checkpoint: CheckpointMode | undefined },
  settings: CheckpointSettings,
): CheckpointSettings {
  return keep ? { ...settings, keep } : settings;
}
