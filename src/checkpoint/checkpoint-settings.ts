/** Whether `cycle` keeps checkpoints and uses them: where it pays and there is room, always, never. */
export const CHECKPOINT_MODES = ['auto', 'yes', 'no'] as const;

export type CheckpointMode = (typeof CHECKPOINT_MODES)[number];

/** What `slices/checkpoint.yaml` says. */
export interface CheckpointSettings {
  readonly keep: CheckpointMode;
  /** Checkpoints of all slices together; the one that was not used for longest goes first. */
  readonly maxCount: number;
  /** Bytes. */
  readonly maxSize: number;
}

const GIB = 1024 ** 3;

export const DEFAULT_CHECKPOINT: CheckpointSettings = { keep: 'auto', maxCount: 8, maxSize: 16 * GIB };
