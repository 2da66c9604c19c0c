/** Modes of keeping and using checkpoints in `cycle`: where it pays and there is room, always, never. */
export const CHECKPOINT_MODES = ['auto', 'yes', 'no'] as const;

export type CheckpointMode = (typeof CHECKPOINT_MODES)[number];

/** Ways to keep memory: mapped where this host was seen to do it, mapped with a warning where it cannot be, never mapped. */
export const MEMORY_MODES = ['auto', 'mapped', 'stream'] as const;

export type MemoryMode = (typeof MEMORY_MODES)[number];

/** The settings in `slices/checkpoint.yaml`. */
export interface CheckpointSettings {
  readonly keep: CheckpointMode;
  readonly memory: MemoryMode;
  /** Checkpoints of all slices together; the one that was not used for longest goes first. */
  readonly maxCount: number;
  /** Bytes. */
  readonly maxSize: number;
}

const GIB = 1024 ** 3;

export const DEFAULT_CHECKPOINT: CheckpointSettings = { keep: 'auto', memory: 'auto', maxCount: 8, maxSize: 16 * GIB };
