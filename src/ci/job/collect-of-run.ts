import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import type { CiJob } from '../../config/ci-settings.js';
import { consolePath, slicePaths } from '../../filenames.js';
import { findLogins } from '../../workplace/find-logins.js';
import type { Workplace } from '../../workplace/workplace.js';
import type { JobRun } from '../queue/job-run.js';
import { collectLogs, type CollectedVm } from '../results/collect-logs.js';
import { collectResults } from '../results/collect-results.js';
import { recordResults, runMetadata } from '../results/record-results.js';
import type { Store } from '../store/store.js';
import type { JobEnd } from '../watch/watch-ci.js';
import type { JobLog } from './job-log.js';

export interface CollectOfRunOptions {
  readonly run: JobRun;
  readonly job: CiJob;
  readonly place: Workplace;
  readonly store: Store;
  readonly log: JobLog;
  /** The folder that has one for the logs of each run. */
  readonly logs: string;
  /** The folder of this run for files that are no logs. */
  readonly folder: string;
  /** Where relative patterns of this machine begin. */
  readonly here: string;
  readonly slice: number;
  /** What the steps came to. */
  readonly end: JobEnd;
  /** Whether the steps were begun: else there are no results. */
  readonly tested: boolean;
}

/** Milliseconds for all of it. */
const LIMIT = 900_000;

/**
 * Collects logs and results of a run before its slice is wiped. Tests that failed make a run fail that ended well; results that are
 * missing make it broken. What cannot be collected is in the log.
 */
export async function collectOfRun(options: CollectOfRunOptions): Promise<JobEnd> {
  const { run, job, place, store, log, logs, folder, here, end, tested } = options;
  const signal = AbortSignal.timeout(LIMIT);
  try {
    const vms = await findVms(options);
    const at = join(logs, String(run.id));
    for (const { place: where, message } of await collectLogs({ patterns: job.logs, vms, here, folder: at, signal })) {
      log.line(`logs: ${where}: ${message}`);
    }
    const { format, files } = job.results;
    if (!tested || format === 'exit' || files.length === 0) return end;
    const found = await collectResults({ format, files, vms, here, folder: join(folder, 'results'), signal });
    for (const { place: where, message } of found.problems) log.line(`results: ${where}: ${message}`);
    const { event } = run;
    const counts = await recordResults(store, {
      uuid: run.uuid,
      at: run.startedAt ?? run.queuedAt,
      tests: found.tests,
      artifacts: at,
      metadata: runMetadata({
        ...{ job: job.name, project: event.project, branch: event.branch, run: run.id },
        ...{ change: event.change?.number, patchSet: event.patchSet?.number },
        revision: event.patchSet?.revision ?? event.revision,
      }),
    });
    log.line(`results: ${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
    const told = { ...end, tests: counts };
    if (place.verb.signal.aborted || end.outcome === 'broken' || end.outcome === 'skipped') return told;
    if (end.outcome === 'failed') return { ...told, summary: found.summary || end.summary };
    return { ...told, outcome: found.verdict, summary: found.summary };
  } catch (error) {
    log.line(`not all is collected: ${error instanceof Error ? error.message : String(error)}`);
    return end;
  }
}

/** The VMs to log in to; none where there is no login, as of a cluster that was not made. */
async function findVms({ place, slice, end }: CollectOfRunOptions): Promise<readonly CollectedVm[]> {
  const { guests } = (await place.driver()).features;
  if (!guests) return [];
  const logins = await findLogins(place, slice).catch(() => null);
  if (!logins) return [];
  const paths = slicePaths(await place.root(), slice);
  return logins.hosts.map(({ hostname, role, local }) => ({
    hostname,
    role,
    guest: { sshConfig: logins.sshConfig, hostname, local },
    failed: end.outcome === 'broken' || end.outcome === 'timeout',
    console: () => createReadStream(consolePath(paths, hostname)),
  }));
}
