import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { openWorkplace } from '../../workplace/open-workplace.js';
import type { Workplace } from '../../workplace/workplace.js';
import type { EventSource } from '../event-source.js';
import { gerritFinder } from '../gerrit/gerrit-finder.js';
import { endLeftSlice } from '../job/end-left-slice.js';
import { gitEnvironment } from '../job/git-environment.js';
import { runJob, type RunJobOptions } from '../job/run-job.js';
import type { Ci } from '../open-ci.js';
import { runAddress } from '../page/run-address.js';
import type { Reporter } from '../reporter.js';
import type { JobRun } from '../queue/job-run.js';
import { watchCi, type WatchCiOptions } from './watch-ci.js';

export interface WatchPlaceOptions {
  readonly sources: readonly EventSource[];
  readonly reporters: ReadonlyMap<string, Reporter>;
  readonly reportersFor: WatchCiOptions['reportersFor'];
  readonly workers: number;
  readonly untilIdle: boolean;
  readonly onChange?: () => void;
  readonly times?: WatchCiOptions['times'];
}

/** Watches and runs jobs in slices of this machine, or of the cloud, that a workplace describes. */
export async function watchPlace(options: WatchPlaceOptions, ci: Ci, place: Workplace): Promise<void> {
  const { emit, signal } = place.verb;
  const { queue, settings, paths } = ci;
  const jobOptions = runOptions(ci, place);
  const cleanUp = async ({ id, slice }: Pick<JobRun, 'id' | 'slice'>, kind: 'process' | 'time' = 'process') => {
    try {
      // The workplace of a process that ends does nothing any more.
      await using own = openWorkplace({ ...place.settings, signal: new AbortController().signal });
      if (slice !== null) await endLeftSlice(slice, kind, own);
      await rm(join(paths.work, String(id)), { recursive: true, force: true });
    } catch (error) {
      emit({ type: 'warning', message: `run ${id}: ${error instanceof Error ? error.message : String(error)}` });
    }
  };
  await watchCi({
    ...options,
    times: options.times ?? {},
    ...{ queue, emit, signal, jobs: settings.jobs },
    url: (run) => (settings.url === undefined ? undefined : runAddress(settings.url, run)),
    perform: (run, job, ending) => runJob(run, job, { ...jobOptions, signal: ending }),
    cleanUp: (run) => cleanUp(run),
    async endKept(run) {
      await cleanUp(run, 'time');
      await queue.forgetKept(run.id);
    },
  });
}

/** What each run of a workplace's jobs has in common. */
export function runOptions({ queue, store, settings, paths, logs }: Ci, place: Workplace): RunJobOptions {
  const { emit: _emit, signal: _signal, ...placeSettings } = place.settings;
  const { gerrit, branches } = settings;
  return {
    queue,
    store,
    // The configuration is read once.
    settings: { ...placeSettings, read: () => place.sources() },
    paths,
    logs,
    urlOf: (project) => branches.find((branch) => branch.project === project)?.url ?? gerritUrl(gerrit, project),
    finder: gerritFinder(settings, place.settings.env),
    gitEnvironment: gitEnvironment(settings),
  };
}

function gerritUrl(gerrit: Ci['settings']['gerrit'], project: string): string | undefined {
  if (gerrit?.host === undefined || !/^[\w.+-]+(?:\/[\w.+-]+)*$/.test(project)) return undefined;
  const user = gerrit.user === undefined ? '' : `${gerrit.user}@`;
  return `ssh://${user}${gerrit.host}:${gerrit.port ?? 29_418}/${project}`;
}
