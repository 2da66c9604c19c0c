import type { WaitingJob } from '../forge/forge.js';

export interface ChooseJobsOptions {
  readonly waiting: readonly WaitingJob[];
  /** The jobs for which runners were made that do none yet; null where that is not known. */
  readonly free: readonly (WaitingJob | null)[];
  /** The most runners that may be made now. */
  readonly room: number;
  /** Whether a runner does the job that it was made for and no other. */
  readonly isBound: boolean;
}

/**
 * Chooses the jobs that runners are made for now. Where any runner may take any job, only the number of those that are free counts.
 */
export function chooseJobs({ waiting, free, room, isBound }: ChooseJobsOptions): readonly WaitingJob[] {
  const served = new Set(free.map((job) => job?.key));
  const others = waiting.filter(({ key }) => !served.has(key));
  const missing = isBound ? others.length : waiting.length - free.length;
  return others.slice(0, Math.max(0, Math.min(missing, room)));
}
