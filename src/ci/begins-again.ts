import type { CiJob } from '../config/ci-settings.js';
import type { Outcome } from './outcome.js';
import type { JobRun } from './queue/job-run.js';

/**
 * Tells why a run begins again after an attempt: it waits for something that others have, or it was broken and may be tried once more.
 * Null for a run that has ended, and for one that a person began, who can do so again.
 */
export function beginsAgain(
  { byHand, broken }: Pick<JobRun, 'byHand' | 'broken'>,
  { retries }: Pick<CiJob, 'retries'>,
  { waits, outcome }: { readonly waits?: boolean; readonly outcome: Outcome },
): 'waits' | 'broken' | null {
  if (byHand) return null;
  if (waits === true) return 'waits';
  return outcome === 'broken' && broken < retries ? 'broken' : null;
}
