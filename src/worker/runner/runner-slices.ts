/** How the runner in a guest has ended. */
export interface RunnerEnd {
  /** The exit code of its program; null where it was lost, for example because the guest was rebooted. */
  readonly code: number | null;
  /** Its last lines, where it has failed. */
  readonly words: readonly string[];
}

/** A runner that an earlier process has made, or has begun to make. */
export interface LeftRunner {
  readonly name: string;
  /** Whether its slice was made whole: its guest may do a job. */
  readonly isWhole: boolean;
  /** Milliseconds since 1970 at which its slice may be ended; null for never. */
  readonly expires: number | null;
}

/** The slices that runners work in, one for each, by the name of the runner. */
export interface RunnerSlices {
  /** Lists what an earlier process has left. */
  left(prefix: string): Promise<readonly LeftRunner[]>;
  /** Makes the slice of a runner. @param start the lines of shell that run it in the guest, secrets in them */
  make(name: string, start: string, signal: AbortSignal): Promise<void>;
  /**
   * Starts the runner in its guest unless it was started before, and waits for its end.
   *
   * @throws VirtbsError `vm-failed` where the guest does not answer any more; `cancelled`
   */
  work(name: string, signal: AbortSignal): Promise<RunnerEnd>;
  /** Ends all that was made for a runner; nothing where there is nothing. */
  end(name: string): Promise<void>;
}
