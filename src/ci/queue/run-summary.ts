import type { JobRun } from './job-run.js';

/** A run as commands and programs are told of it. */
export interface RunSummary extends Pick<
  JobRun,
  | 'id'
  | 'uuid'
  | 'job'
  | 'state'
  | 'outcome'
  | 'summary'
  | 'queuedAt'
  | 'startedAt'
  | 'endedAt'
  | 'attempts'
  | 'slice'
  | 'byHand'
  | 'repeats'
  | 'depends'
  | 'kept'
  | 'tests'
> {
  readonly project: string;
  readonly branch: string;
  readonly change: number | null;
  readonly patchSet: number | null;
  readonly revision: string | null;
}

export interface CiStatus {
  readonly version: 1;
  readonly queued: number;
  readonly running: number;
  /** Reports that are not sent yet. */
  readonly unreported: number;
  /** The latest first. */
  readonly runs: readonly RunSummary[];
}

export function summarizeRun(run: JobRun): RunSummary {
  const { id, uuid, job, event, state, outcome, summary, queuedAt, startedAt, endedAt } = run;
  const { attempts, slice, byHand, repeats, depends, kept, tests } = run;
  const { project, branch, change, patchSet, revision } = event;
  return {
    ...{ id, uuid, job, project, branch },
    change: change?.number ?? null,
    patchSet: patchSet?.number ?? null,
    revision: patchSet?.revision ?? revision ?? null,
    ...{ state, outcome, summary, queuedAt, startedAt, endedAt, attempts, slice, byHand, repeats, depends },
    ...{ kept, tests },
  };
}
