import type { ChangeEvent } from './change-event.js';
import type { RunDependency } from './depends/run-dependency.js';
import type { Outcome } from './outcome.js';

/** What is said of a run of a job that has ended. */
export interface ReportedRun {
  /** The name of the job. */
  readonly job: string;
  readonly event: ChangeEvent;
  readonly outcome: Outcome;
  readonly summary: string;
  /** The open changes that the change depends on, as the run had them. */
  readonly depends?: readonly RunDependency[];
  /** Where the logs are to be seen. */
  readonly url?: string;
  readonly tests?: { readonly passed: number; readonly failed: number; readonly skipped: number };
}

/** `closed`: the change takes no reports any more. `later`: nothing was reported, and it is to be tried again. */
export type ReportAnswer = 'reported' | 'closed' | 'later';

/** Tells the review system, or whoever else is interested. */
export interface Reporter {
  /** Attempts after which a report is given up; none where not given. */
  readonly mostAttempts?: number;
  report(run: ReportedRun, signal: AbortSignal): Promise<ReportAnswer>;
}
