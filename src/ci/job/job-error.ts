import { VirtbsError } from '../../errors.js';
import { GerritAway } from '../gerrit/gerrit-away.js';
import { UnmetDependency } from '../depends/unmet-dependency.js';
import { TaskExit } from '../../task/task-exit.js';
import type { JobEnd } from '../watch/watch-ci.js';

/** Exit codes by which a step says what became of the tests. */
const PASSED = 100;
const FAILED = 101;
const SKIPPED = 102;
const BROKEN = 103;

/** What an exit code of a step says; a failure for any other. */
export function endOfExitCode(code: number, what: string): JobEnd {
  switch (code) {
    case 0:
    case PASSED:
      return { outcome: 'passed', summary: '' };
    case SKIPPED:
      return { outcome: 'skipped', summary: `${what} skipped the tests` };
    case BROKEN:
      return { outcome: 'broken', summary: `${what} says that its surroundings are broken (exit code ${BROKEN})` };
    case FAILED:
      return { outcome: 'failed', summary: `${what} failed` };
    default:
      return { outcome: 'failed', summary: `${what} failed with exit code ${code}` };
  }
}

/**
 * What a failure says of a run. A task of the steps that ends with a code of its own is a failed test; everything else is trouble of the
 * machine, the cloud or the configuration.
 */
export function endOfError(error: unknown, step: boolean): JobEnd {
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof UnmetDependency) return { outcome: 'skipped', summary: message, told: true };
  if (error instanceof GerritAway) return { outcome: 'broken', summary: message, waits: true };
  if (!(error instanceof VirtbsError)) return { outcome: 'broken', summary: message };
  if (error.code === 'no-slice') return { outcome: 'broken', summary: message, waits: true };
  const exit = step && error.code === 'task-failed' ? exitCodeOf(error) : undefined;
  if (exit === undefined) return { outcome: 'broken', summary: message };
  const end = endOfExitCode(exit, message.split('\n', 1)[0] ?? 'a task');
  return end.outcome === 'failed' ? { outcome: 'failed', summary: message } : end;
}

function exitCodeOf(error: Error): number | undefined {
  for (let at: unknown = error; at instanceof Error; at = at.cause) if (at instanceof TaskExit) return at.exitCode;
  return undefined;
}
