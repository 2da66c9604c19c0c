import type { ChangeEvent } from '../change-event.js';
import type { RunDependency } from '../depends/run-dependency.js';
import type { Outcome } from '../outcome.js';

/** One run of a job for one event, as the database has it. */
export interface JobRun {
  readonly id: number;
  /** The same as in the tables of results. */
  readonly uuid: string;
  readonly job: string;
  readonly event: ChangeEvent;
  readonly state: 'queued' | 'running' | 'ended';
  /** Null until it has ended. */
  readonly outcome: Outcome | null;
  readonly summary: string;
  /** ISO 8601, UTC, as all times. */
  readonly queuedAt: string;
  /** When it was last begun. */
  readonly startedAt: string | null;
  readonly endedAt: string | null;
  /** How often it was begun. */
  readonly attempts: number;
  /** How often of these it was broken. */
  readonly broken: number;
  readonly slice: number | null;
  /** What is tested instead of what git fetches. */
  readonly directory: string | null;
  readonly byHand: boolean;
  /** The run that it repeats. */
  readonly repeats: number | null;
  /** The open changes that its change depends on, as it had them. */
  readonly depends: readonly RunDependency[];
  /** How to get into its slice, which was kept. */
  readonly kept: { readonly ssh: string; readonly until: string } | null;
  readonly tests: { readonly passed: number; readonly failed: number; readonly skipped: number } | null;
  /** What the reporters have done. */
  readonly endAsked: 'superseded' | 'stopped' | null;
}
