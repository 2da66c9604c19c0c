import type { PageStep } from '../page/page-data.js';
import type { JobRun } from '../queue/job-run.js';
import { beginStep, endStep } from '../store/run-steps.js';
import type { Store } from '../store/store.js';

/** Does a part of a run, and writes down when it began and ended. An end that is not `passed` is a failure. */
export async function doStep<T>(
  { store, run }: { readonly store: Store; readonly run: Pick<JobRun, 'id'> },
  step: Pick<PageStep, 'name' | 'kind'>,
  work: () => Promise<T>,
): Promise<T> {
  const id = await beginStep(store, run.id, step);
  let isFailed = true;
  try {
    const result = await work();
    const outcome = typeof result === 'object' && result !== null && 'outcome' in result ? result.outcome : 'passed';
    isFailed = outcome !== 'passed' && outcome !== 'skipped';
    return result;
  } finally {
    await endStep(store, id, isFailed);
  }
}
