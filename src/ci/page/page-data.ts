import type { RunDependency } from '../depends/run-dependency.js';
import type { Outcome } from '../outcome.js';
import type { RunTest, TestHistoryEntry, TestStatistics } from '../results/test-statistics.js';

/** A run as the pages show it. */
export interface PageRun {
  readonly id: number;
  readonly uuid: string;
  readonly job: string;
  readonly state: 'queued' | 'running' | 'ended';
  readonly outcome: Outcome | null;
  readonly summary: string;
  readonly project: string;
  readonly branch: string;
  readonly change: {
    readonly number: number;
    readonly patchSet: number | null;
    readonly subject: string | null;
    readonly url: string | null;
  } | null;
  readonly revision: string | null;
  /** The open changes that the change depends on, as the run had them. */
  readonly depends: readonly RunDependency[];
  /** ISO 8601, as all times. */
  readonly queuedAt: string;
  readonly startedAt: string | null;
  readonly endedAt: string | null;
  readonly attempts: number;
  readonly slice: number | null;
  readonly kept: { readonly ssh: string; readonly until: string | null } | null;
  readonly tests: { readonly passed: number; readonly failed: number; readonly skipped: number } | null;
}

/** A step of a run. */
export interface PageStep {
  readonly name: string;
  readonly startedAt: string;
  /** Null while it runs. */
  readonly endedAt: string | null;
  /** The kind of work: the steps of a kind are added up in plots. */
  readonly kind: 'deploy' | 'test' | 'other';
  readonly failed: boolean;
}

/** A file of a run's logs. */
export interface PageLog {
  /** Relative to the folder of the run: `controller-02/console.log`. */
  readonly path: string;
  readonly bytes: number;
  /** The view with numbers of lines, relative to the folder of all pages; null where the file is no text. */
  readonly view: string | null;
}

export interface RunPageData {
  readonly run: PageRun;
  readonly steps: readonly PageStep[];
  readonly tests: readonly RunTest[];
  readonly logs: readonly PageLog[];
  /** Earlier and later runs of the same change and job. */
  readonly others: readonly PageRun[];
}

export interface IndexPageData {
  readonly queued: readonly PageRun[];
  readonly running: readonly (PageRun & { readonly lastLine: string | null; readonly usualSeconds: number | null })[];
  readonly ended: readonly PageRun[];
  /** Per day, the oldest first. */
  readonly days: readonly DayCount[];
  /** By job: seconds of runs, the oldest first. */
  readonly times: readonly JobTimes[];
}

export interface DayCount {
  /** `2026-01-31` */
  readonly day: string;
  readonly passed: number;
  readonly failed: number;
  readonly other: number;
}

export interface JobTimes {
  readonly job: string;
  readonly points: readonly {
    readonly run: number;
    readonly at: string;
    readonly deploy: number | null;
    readonly test: number | null;
    readonly all: number;
  }[];
}

export interface TestsPageData {
  readonly failing: readonly TestStatistics[];
  readonly flaky: readonly TestStatistics[];
  readonly slow: readonly TestStatistics[];
}

export interface TestPageData {
  readonly test: string;
  readonly statistics: readonly TestStatistics[];
  readonly history: readonly TestHistoryEntry[];
}
