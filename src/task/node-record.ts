/** A node's record of one task. */
export interface NodeRecord {
  readonly task: string;
  /** The exit code; null where it runs, or was broken off. */
  readonly code: number | null;
  /** Seconds since 1970; 0 where it did not end. */
  readonly ended: number;
  /** True if it was told to end before it had ended by itself. */
  readonly stopped: boolean;
  readonly running: boolean;
  /** The text that was kept with it. */
  readonly key: string;
}

/** The end of a task on a node. */
export interface TaskEnd {
  /** Null where it was broken off: killed, or the node went down. */
  readonly code: number | null;
  /** Present where its record could not be written: before it did anything, or at its end. */
  readonly unrecorded?: 'begin' | 'end';
  readonly hasLog: boolean;
  readonly hasValues: boolean;
}
