import type { KeptUnit } from '../checkpoint/kept-unit.js';

/** How the tasks of one run meet checkpoints. */
export interface TaskCache {
  /** The units that came back done from a checkpoint, by id. */
  readonly restored: ReadonlyMap<string, KeptUnit>;
  /** Keeps the slice meanwhile; null where it is not kept. */
  readonly keeper: TaskKeeper | null;
}

/** Keeps the slice as it is at a moment in which no task runs. */
export interface TaskKeeper {
  /** Milliseconds that it takes, about. */
  readonly cost: number;
  /**
   * Keeps the slice with these units done.
   *
   * @param again whether it goes on to be kept once more
   * @throws VirtbsError `vm-failed` where a VM cannot go on
   */
  keep(units: readonly KeptUnit[], again: boolean): Promise<void>;
}
