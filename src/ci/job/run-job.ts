import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { CiJob } from '../../config/ci-settings.js';
import type { Configuration } from '../../config/configuration.js';
import { VirtbsError } from '../../errors.js';
import { outputPaths, type CiPaths } from '../../filenames.js';
import type { SlicePlan } from '../../plan/plan.js';
import { describeEnd } from '../../process/run-program.js';
import { onAbort } from '../../process/on-abort.js';
import { scriptEnvironment } from '../../process/script-environment.js';
import { streamProgram } from '../../process/stream-program.js';
import { CI_SESSION } from '../../session/recognize-session.js';
import { syncOnVms } from '../../slice/copy-on-vms.js';
import { cycle } from '../../slice/cycle.js';
import { doOnSlice, NOTHING_ASKED } from '../../slice/do-on-slice.js';
import type { Lease } from '../../slice/lease-slice.js';
import { wipe } from '../../slice/wipe.js';
import { findLogins } from '../../workplace/find-logins.js';
import { openWorkplace } from '../../workplace/open-workplace.js';
import { repeatCommand } from '../../workplace/repeat-command.js';
import { tasksAfter } from '../../workplace/tasks-after.js';
import type { Workplace } from '../../workplace/workplace.js';
import type { WorkplaceSettings } from '../../workplace/workplace-settings.js';
import { beginsAgain } from '../begins-again.js';
import type { ChangeFinder } from '../depends/change-finder.js';
import type { CiQueue } from '../queue/ci-queue.js';
import type { JobRun } from '../queue/job-run.js';
import { workerMark } from '../queue/worker-mark.js';
import type { JobEnd } from '../watch/watch-ci.js';
import { clearSteps } from '../store/run-steps.js';
import type { Store } from '../store/store.js';
import { collectOfRun } from './collect-of-run.js';
import { doStep } from './do-step.js';
import { fetchSources, type Sources } from './fetch-sources.js';
import { endOfError, endOfExitCode } from './job-error.js';
import { openJobLog, type JobLog } from './job-log.js';

export interface RunJobOptions {
  readonly queue: Pick<CiQueue, 'noteSlice' | 'noteProgram' | 'noteDepends'>;
  /** Steps and results of tests are written there. */
  readonly store: Store;
  /** Where jobs are run; each has a session and a folder of its own. */
  readonly settings: Omit<WorkplaceSettings, 'signal' | 'emit'>;
  readonly paths: Pick<CiPaths, 'work' | 'repositories'>;
  /** The folder that has one for the logs of each run. */
  readonly logs: string;
  /** Returns where a project is fetched from; undefined where nobody says it. */
  readonly urlOf: (project: string) => string | undefined;
  /** Who knows what changes depend on; undefined where nobody does. */
  readonly finder: ChangeFinder | undefined;
  /** Variables for git, such as a command for ssh. */
  readonly gitEnvironment: Readonly<Record<string, string | undefined>>;
  /** Told each line of the log of a run. */
  readonly onLine?: ((run: number, line: string) => void) | undefined;
}

/** One attempt at a run. */
interface Attempt extends RunJobOptions {
  readonly run: JobRun;
  readonly job: CiJob;
  readonly place: Workplace;
  readonly log: JobLog;
  /** The folder of this run for files that are no logs. */
  readonly folder: string;
  /** What steps are told of the run. */
  readonly variables: Readonly<Record<string, string>>;
}

/** Milliseconds that a slice may stand beside the time of its job: for what is collected, and to be wiped. */
const MORE_TIME = 1_800_000;
/** Milliseconds without progress after which a VM is given up; to wait for a lock. */
const PATIENCE = 600_000;
/** Bytes that are kept in memory of what a program prints. */
const LAST_WORDS = 4096;
const LONGEST_LINE = 64 * 1024;

const TIME_IS_OVER = 'timeout';

/**
 * Runs a job: leases a slice, makes the cluster, brings the change to it, and does the steps. The slice is wiped, or kept for a person
 * where the job says so. Never throws: whatever happens is an outcome. When the signal is raised, it ends early with any outcome.
 */
export async function runJob(
  run: JobRun,
  job: CiJob,
  options: RunJobOptions & { readonly signal: AbortSignal },
): Promise<JobEnd> {
  const { settings, paths, logs, onLine } = options;
  const folder = join(paths.work, String(run.id));
  const output = join(folder, 'output');
  const ending = new AbortController();
  using _abort = onAbort(options.signal, () => ending.abort(options.signal.reason));
  const timer = setTimeout(() => ending.abort(TIME_IS_OVER), job.timeout);
  try {
    await rm(folder, { recursive: true, force: true });
    for (const each of [output, join(folder, 'results')]) await mkdir(each, { recursive: true, mode: 0o700 });
    await using log = await openJobLog(join(logs, String(run.id)), (line) => onLine?.(run.id, line));
    log.line(`attempt ${run.attempts} of run ${run.id}: ${job.name} for ${run.event.project} ${run.event.branch}`);
    const env = { ...settings.env, [CI_SESSION]: `${job.name}/${run.id}-${run.uuid.slice(0, 8)}` };
    await using place = openWorkplace({
      ...settings,
      ...{ env, outputDirectory: output, signal: ending.signal, emit: log.event },
      // What was read once says nothing of another payload.
      ...(job.payload !== undefined && { payload: job.payload, read: undefined }),
    });
    const variables = variablesOf(run, { folder, logs });
    const end = await attemptOnSlice({ ...options, run, job, place, log, folder, variables });
    const isLate = ending.signal.reason === TIME_IS_OVER;
    const told = isLate
      ? { ...end, outcome: 'timeout' as const, summary: `not done within ${job.timeout / 1000} s` }
      : end;
    log.line(`${told.outcome}${told.summary && `: ${told.summary}`}`);
    if (!end.kept) await rm(folder, { recursive: true, force: true });
    return told;
  } catch (error) {
    return endOfError(error, false);
  } finally {
    clearTimeout(timer);
  }
}

async function attemptOnSlice(attempt: Attempt): Promise<JobEnd> {
  const { run, job, place, log, queue } = attempt;
  const { layers, topology } = job;
  const words = { ...(layers !== undefined && { layers }), topology };
  const ttl = job.timeout + job.keep + MORE_TIME;
  let lease: Lease | undefined;
  try {
    lease = await place.lease({ until: 'process', another: true, ttl, plan: words });
  } catch (error) {
    return endOfError(error, false);
  }
  await using _lease = lease;
  const { slice } = lease;
  await queue.noteSlice(run.id, slice);
  const end = await attemptSteps(attempt, { slice, words, ttl });
  const { signal } = place.verb;
  // What is begun again gets another slice.
  const failed = end.outcome !== 'passed' && end.outcome !== 'skipped' && beginsAgain(run, job, end) === null;
  if (failed && job.keep > 0 && (!signal.aborted || signal.reason === TIME_IS_OVER)) {
    await lease.keep('time');
    const kept = { ssh: await sshLine(place, slice), until: new Date(Date.now() + job.keep).toISOString() };
    log.line(`slice ${slice} is kept until ${kept.until}: ${kept.ssh}`);
    return { ...end, kept };
  }
  try {
    const { signal: never } = new AbortController();
    const standing = await place.standing(slice);
    await wipe({ ...standing, lockTimeout: PATIENCE, dryRun: false }, { emit: log.event, signal: never });
    await queue.noteSlice(run.id, null);
  } catch (error) {
    log.line(`slice ${slice} is not wiped: ${error instanceof Error ? error.message : String(error)}`);
  }
  return end;
}

interface OnSlice {
  readonly slice: number;
  readonly words: { readonly layers?: string; readonly topology: readonly string[] };
  /** Milliseconds. */
  readonly ttl: number;
}

async function attemptSteps(attempt: Attempt, on: OnSlice): Promise<JobEnd> {
  const { job, place } = attempt;
  const { store, run } = attempt;
  const { signal } = place.verb;
  let step = false;
  const got: { sources: Sources | null } = { sources: null };
  const steps = async (): Promise<JobEnd> => {
    try {
      await clearSteps(store, run.id);
      // What cannot be had costs no cluster.
      if (run.directory !== null || job.checkout) {
        got.sources = await doStep({ store, run }, { name: 'fetch', kind: 'other' }, () => fetchAll(attempt));
      }
      await doStep({ store, run }, { name: 'cluster', kind: 'deploy' }, () => makeCluster(attempt, on));
      await doStep({ store, run }, { name: 'checkout', kind: 'other' }, () =>
        copyToVms(attempt, on.slice, got.sources),
      );
      step = true;
      const [first] = job.tasks;
      if (first !== undefined) {
        await doStep({ store, run }, { name: job.tasks.join(' '), kind: 'test' }, () =>
          doSteps(attempt, on.slice, got.sources),
        );
      }
      const [program] = job.run;
      if (program === undefined) return { outcome: 'passed', summary: '' };
      return await doStep({ store, run }, { name: program, kind: 'test' }, () =>
        runProgramOfJob(attempt, on.slice, got.sources),
      );
    } catch (error) {
      if (signal.aborted) return { outcome: 'broken', summary: 'ended' };
      return endOfError(error, step);
    }
  };
  const end = await steps();
  // One that is to end early has no time for it.
  if (signal.aborted && signal.reason !== TIME_IS_OVER) return end;
  const here = got.sources?.directory ?? attempt.folder;
  return await collectOfRun({ ...attempt, end, here, tested: step, slice: on.slice });
}

/** Makes the cluster, or brings it back from where its tasks were done already. */
async function makeCluster({ job, place }: Attempt, { slice, words, ttl }: OnSlice): Promise<SlicePlan> {
  const started = performance.now();
  const plan = await place.plan({ ...words, slice });
  const configuration = await place.configuration();
  const asked = job.deploy ?? deployedFor(job.tasks, configuration);
  const tasks = await tasksAfter(place, plan, { asked, waits: true });
  const creation = await place.creation();
  const { guests } = creation.driver.features;
  await cycle(
    {
      ...{ ...creation, plan, ttl, bootTimeout: PATIENCE, lockTimeout: PATIENCE, wait: guests, dryRun: false },
      ...{ loadMilliseconds: performance.now() - started, checkpoint: configuration.checkpoint, tasks: tasks?.asked },
    },
    place.verb,
  );
  return plan;
}

/** What the steps want is done before the checkout; undefined where there are no steps, for what the project does anyway. */
function deployedFor(steps: readonly string[], { tasks }: Configuration): readonly string[] | false | undefined {
  if (steps.length === 0) return undefined;
  const wanted = steps.flatMap((step) => [...(tasks[step]?.wants ?? []), ...(tasks[step]?.wantsHere ?? [])]);
  const goals = [...new Set(wanted)].filter((name) => !steps.includes(name));
  return goals.length > 0 ? goals : false;
}

/** Fetches the change and what belongs to it. */
async function fetchAll(attempt: Attempt): Promise<Sources> {
  const { run, job, place, log, folder, paths, urlOf, finder, gitEnvironment, queue } = attempt;
  const { event, directory: given } = run;
  const checkout = job.checkout ?? { on: [], projects: {} };
  const sources = await fetchSources({
    ...{ event, checkout, given, folder, urlOf, finder, repositories: paths.repositories, env: gitEnvironment },
    ...{ note: (line) => log.line(line), signal: place.verb.signal },
  });
  await queue.noteDepends(
    run.id,
    sources.depends.map(({ path: _path, to: _to, ...dependency }) => dependency),
  );
  return sources;
}

/** Copies what was fetched to the VMs that are to have it. */
async function copyToVms({ job, place, log }: Attempt, slice: number, sources: Sources | null): Promise<void> {
  if (!sources || !job.checkout) return;
  const { to, on } = job.checkout;
  const all = [{ directory: sources.directory, to }, ...sources.others];
  const copies = all.flatMap(({ directory, to: folder }) =>
    typeof folder === 'string' ? [{ directory, to: folder }] : [],
  );
  if (copies.length === 0) return;
  const logins = await findLogins(place, slice);
  const targets = on.length > 0 ? on : [...new Set(logins.hosts.map(({ role }) => role))];
  for (const target of targets) {
    for (const { directory, to: folder } of copies) {
      await syncOnVms(
        {
          ...{ ...logins, slice, source: directory, to: `${target}:${folder}`, exclude: [] },
          ...{ remove: false, asRoot: false, again: async () => false },
        },
        place.verb.signal,
      );
      log.line(`checkout: copied to ${target}:${folder}`);
    }
  }
}

/** What steps are told of what was fetched. */
function sourceVariables(sources: Sources | null): Readonly<Record<string, string>> {
  if (!sources) return {};
  return {
    VIRTBS_CI_CHECKOUT: sources.directory,
    VIRTBS_CI_PROJECTS: sources.projects,
    VIRTBS_CI_DEPENDS: JSON.stringify(sources.depends),
  };
}

/** Does the tasks that are steps, although they may be done, and tells them of the change. */
async function doSteps({ job, place, variables }: Attempt, slice: number, sources: Sources | null): Promise<void> {
  const configuration = await place.configuration();
  const env = { ...variables, ...sourceVariables(sources) };
  const told = job.tasks.map((name) => {
    const task = configuration.tasks[name];
    if (!task) throw new VirtbsError('usage', `there is no task "${name}"`);
    return [name, { ...task, env: { ...env, ...task.env } }] as const;
  });
  const tasks = Object.assign(
    Object.create(null) as Configuration['tasks'],
    configuration.tasks,
    Object.fromEntries(told),
  );
  await doOnSlice(
    {
      ...{ ...(await place.standing(slice)), ...NOTHING_ASKED, goals: job.tasks, again: job.tasks },
      configuration: { ...configuration, tasks },
      commandLine: repeatCommand(place.settings, slice),
    },
    place.verb,
  );
}

/** Runs the program of the job with the environment that `virtbs with` gives, and none of the CI's own. */
async function runProgramOfJob(attempt: Attempt, slice: number, sources: Sources | null): Promise<JobEnd> {
  const { run, job, place, log, queue, folder, variables } = attempt;
  const { settings, outputDirectory } = place;
  const [program = '', ...args] = job.run;
  const env = {
    ...scriptEnvironment(),
    ...variables,
    ...sourceVariables(sources),
    [CI_SESSION]: settings.env[CI_SESSION],
    VIRTBS_SLICE: String(slice),
    VIRTBS_OUTPUT_DIR: outputDirectory,
    VIRTBS_ROOT: await place.root(),
    ...(settings.connect !== undefined && { VIRTBS_CONNECT: settings.connect }),
    ...(settings.driver !== undefined && { VIRTBS_DRIVER: settings.driver }),
    VIRTBS_SSH_CONFIG: outputPaths(outputDirectory, slice).sshConfig,
  };
  let marked: Promise<void> | undefined;
  log.line(`run: ${job.run.join(' ')}`);
  const ended = await streamProgram(program, args, {
    ...{ env, cwd: sources?.directory ?? folder, signal: place.verb.signal, group: true },
    limits: { kept: LAST_WORDS, line: LONGEST_LINE },
    onStart: (pid) => {
      marked = workerMark(pid).then((mark) => queue.noteProgram(run.id, mark));
      // What goes wrong is for who waits for it, at the end of the program.
      marked.catch(() => undefined);
    },
    onLine: (line) => log.line(`  ${line}`),
  });
  await marked;
  await queue.noteProgram(run.id, null);
  const end = endOfExitCode(ended.exitCode, program);
  return end.outcome === 'failed' ? { ...end, summary: describeEnd(program, ended) } : end;
}

function variablesOf({ id, job, event }: JobRun, at: { readonly folder: string; readonly logs: string }) {
  const { project, branch, change, patchSet, revision } = event;
  const found: Record<string, string | undefined> = {
    VIRTBS_CI_RUN: String(id),
    VIRTBS_CI_JOB: job,
    VIRTBS_CI_PROJECT: project,
    VIRTBS_CI_BRANCH: branch,
    VIRTBS_CI_CHANGE: change && String(change.number),
    VIRTBS_CI_PATCHSET: patchSet && String(patchSet.number),
    VIRTBS_CI_REF: patchSet?.ref,
    VIRTBS_CI_REVISION: patchSet?.revision ?? revision,
    VIRTBS_CI_RESULTS: join(at.folder, 'results'),
    VIRTBS_CI_LOGS: join(at.logs, String(id)),
  };
  const known = Object.entries(found).flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const]));
  return Object.fromEntries(known);
}

/** The line that a person types to get into the first VM of a slice. */
async function sshLine(place: Workplace, slice: number): Promise<string> {
  try {
    const { sshConfig, hosts } = await findLogins(place, slice);
    const [first] = hosts;
    if (first) return `ssh -F ${sshConfig} ${first.hostname}`;
  } catch {
    // It has no VM to log in to.
  }
  return `virtbs -s ${slice} status`;
}
