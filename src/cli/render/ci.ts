import type { CiStatus, RunSummary } from '../../ci/queue/run-summary.js';
import { visibleText } from '../../text/visible-text.js';
import type { CommandContext, GlobalArguments } from '../command.js';
import { writeJson } from '../json-results.js';
import { renderAge } from './age.js';
import { renderTable, tableWidth } from './table.js';

type Shown = Pick<GlobalArguments, 'json' | 'quiet'>;

/** A line for each run, the latest first. */
export function renderCiStatus(status: CiStatus, { json }: Shown, { stdout }: CommandContext): void {
  if (json) return writeJson('ci-status', status, { stdout });
  const { queued, running, unreported, runs } = status;
  stdout.write(`${queued} queued, ${running} running${unreported > 0 ? `, ${unreported} not reported yet` : ''}\n`);
  if (runs.length === 0) return;
  const rows = runs.map((run) => [
    String(run.id),
    run.job,
    run.project,
    changeOf(run),
    run.outcome ?? run.state,
    renderAge(Date.now() - Date.parse(run.queuedAt)),
    run.summary,
  ]);
  stdout.write(
    renderTable([['RUN', 'JOB', 'PROJECT', 'CHANGE', 'OUTCOME', 'AGE', 'WHY'], ...rows], tableWidth(stdout)),
  );
}

/** Says what a run is or came to. */
export function renderRun(run: RunSummary, { json, quiet }: Shown, { stdout }: CommandContext): void {
  if (json) return writeJson('ci-run', { version: 1, run }, { stdout });
  if (quiet) return;
  const { id, job, outcome, state, summary, kept, tests } = run;
  const counts = tests ? ` (${tests.passed} passed, ${tests.failed} failed, ${tests.skipped} skipped)` : '';
  stdout.write(`run ${id}: ${job}: ${outcome ?? state}${counts}${summary && `: ${visibleText(summary)}`}\n`);
  if (kept) stdout.write(`its slice is kept until ${kept.until}: ${kept.ssh}\n`);
}

function changeOf({ change, patchSet, revision, branch }: RunSummary): string {
  if (change !== null) return patchSet === null ? String(change) : `${change},${patchSet}`;
  return revision?.slice(0, 12) ?? branch;
}
