/** A job that waits for a runner. */
export interface WaitingJob {
  /** What tells it from all other jobs of the forge, and from other attempts at it. */
  readonly key: string;
  /** A few words for people: `team/app build 42`. */
  readonly label: string;
  /** The word by which a runner asks for it, where the forge has one. */
  readonly handle?: string;
}

/** A runner as the forge lists it. */
export interface ForgeRunner {
  readonly id: number;
  readonly name: string;
  /** `offline`: it has not connected, or not for a while. `busy`: it does a job. */
  readonly state: 'offline' | 'idle' | 'busy';
}

/** The place where jobs wait and runners are known: GitHub, a Forgejo or a Gitea. Each method throws ForgeError, or VirtbsError `cancelled`. */
export interface Forge extends AsyncDisposable {
  readonly name: 'github' | 'forgejo' | 'gitea';
  /** What stands for it and its scope in names and messages: `https://forge.example.org team/app`. */
  readonly label: string;
  /** Whether a runner does the job that it was made for and no other. */
  readonly isBound: boolean;
  /** Lists jobs that wait for a runner with our labels. */
  waiting(signal: AbortSignal): Promise<readonly WaitingJob[]>;
  /** Lists runners whose names begin with a prefix. */
  runners(prefix: string, signal: AbortSignal): Promise<readonly ForgeRunner[]>;
  /**
   * Makes the entry of a runner that does one job.
   *
   * @returns the lines of shell that run it in the guest, secrets in them; they may be read once
   */
  register(name: string, job: WaitingJob, signal: AbortSignal): Promise<string>;
  /** Removes the entry of a runner; one that is gone is no failure. @returns false where it was gone, or does a job and stays */
  remove(runner: ForgeRunner, signal: AbortSignal): Promise<boolean>;
}
