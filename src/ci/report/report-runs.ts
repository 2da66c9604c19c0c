import type { VirtbsEvent } from '../../events.js';
import type { CiQueue, DueReport } from '../queue/ci-queue.js';
import type { ReportedRun, Reporter } from '../reporter.js';

export interface ReportRunsOptions {
  readonly queue: CiQueue;
  readonly reporters: ReadonlyMap<string, Reporter>;
  /** Returns where the logs of a run are to be seen; undefined where nobody can. */
  readonly url: (runId: number) => string | undefined;
  readonly emit: (event: VirtbsEvent) => void;
  readonly signal: AbortSignal;
}

/** Milliseconds before a report is tried again; the last one counts for all others. */
const PAUSES = [1000, 5000, 15_000, 60_000, 300_000] as const;

/** Sends all reports that are due, one after the other. A report that cannot be sent now stays due. */
export async function reportRuns(options: ReportRunsOptions): Promise<void> {
  const { queue, signal } = options;
  while (!signal.aborted) {
    const due = await queue.claimReport();
    if (!due) return;
    await sendReport(due, options);
  }
}

async function sendReport(due: DueReport, { queue, reporters, url, emit, signal }: ReportRunsOptions): Promise<void> {
  const { run, reporter: name, attempts } = due;
  const pause = PAUSES[Math.min(attempts, PAUSES.length - 1)] ?? 0;
  const reporter = reporters.get(name);
  const isLast = attempts + 1 >= (reporter?.mostAttempts ?? Infinity);
  const later = async (): Promise<void> =>
    isLast ? await queue.endReport(run.id, name, 'closed') : await queue.delayReport(run.id, name, { pause });
  if (!reporter) return await later();
  try {
    const where = url(run.id);
    const { job, event, outcome, summary, depends, tests } = run;
    const report: ReportedRun = {
      ...{ job, event, outcome: outcome ?? 'broken', summary },
      ...(depends.length > 0 && { depends }),
      ...(where !== undefined && { url: where }),
      ...(tests && { tests }),
    };
    const answer = await reporter.report(report, signal);
    if (answer === 'later') await later();
    else await queue.endReport(run.id, name, answer);
  } catch (error) {
    // It was ended, and has not failed.
    if (signal.aborted) return await queue.delayReport(run.id, name, { pause });
    await later();
    const reason = error instanceof Error ? error.message : String(error);
    emit({ type: 'warning', message: `run ${run.id}: ${name} was not told: ${reason}` });
  }
}
