import { randomUUID } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import type { CiJob } from '../../config/ci-settings.js';
import { VirtbsError } from '../../errors.js';
import { unknownWord } from '../../text/unknown-word.js';
import type { Workplace } from '../../workplace/workplace.js';
import type { ChangeEvent } from '../change-event.js';
import { runJob } from '../job/run-job.js';
import type { Ci } from '../open-ci.js';
import { summarizeRun, type RunSummary } from '../queue/run-summary.js';
import { runOptions } from './watch-place.js';

export interface ByHandOptions {
  /** A folder, or what git fetches. */
  readonly change: string;
  /** The name of the job; undefined where there is only one. */
  readonly job: string | undefined;
  readonly project: string | undefined;
}

/**
 * Runs a job at once, as for an event; nobody is told. A run that is broken is not begun again.
 *
 * @throws VirtbsError `usage` where it is not clear which job or which project is meant; `cancelled`
 */
export async function runByHand(options: ByHandOptions, ci: Ci, place: Workplace): Promise<RunSummary> {
  const { queue, settings } = ci;
  const { emit, signal } = place.verb;
  const job = chooseJob(settings.jobs, options.job);
  const path = resolve(place.settings.cwd, options.change);
  const isFolder = (await stat(path).catch(() => null))?.isDirectory() === true;
  const event = isFolder ? folderEvent(path) : refEvent(options, job);
  const added = await queue.addRun(
    job.name,
    { event, source: 'by hand' },
    { byHand: true, ...(isFolder && { directory: path }) },
  );
  const run = (await queue.claim(added.id)) ?? added;
  emit({ type: 'note', message: `run ${run.id}: ${job.name} for ${options.change}` });
  const end = await runJob(run, job, {
    ...runOptions(ci, place),
    signal,
    onLine: (_id, line) => emit({ type: 'note', message: line }),
  });
  await queue.end(run.id, signal.aborted ? { outcome: 'stopped', summary: 'interrupted' } : end, []);
  if (signal.aborted) throw new VirtbsError('cancelled', `run ${run.id}: interrupted`);
  return summarizeRun(await queue.find(run.id));
}

function chooseJob(jobs: Readonly<Record<string, CiJob>>, name: string | undefined): CiJob {
  const all = Object.values(jobs);
  const [first] = all;
  const found = name === undefined ? (all.length === 1 ? first : undefined) : jobs[name];
  if (found) return found;
  const names = all.map((job) => job.name);
  if (name !== undefined) throw new VirtbsError('usage', unknownWord('unknown job', name, names));
  throw new VirtbsError('usage', all.length === 0 ? 'there are no jobs' : `which job: ${names.join(', ')}?`, {
    hint: all.length === 0 ? 'say them in virtbs.yaml: ci: {jobs: {NAME: {tasks: […]}}}' : 'name it with --job',
  });
}

function folderEvent(path: string): ChangeEvent {
  const at = new Date().toISOString();
  return { id: `folder:${randomUUID()}`, kind: 'ref', project: basename(path), branch: '', at };
}

function refEvent({ change, project }: ByHandOptions, { when, name }: CiJob): ChangeEvent {
  const named = [...new Set(when.flatMap((rule) => rule.project ?? []))].filter((each) => !/[*?!]/.test(each));
  const [only] = named;
  const of = project ?? (named.length === 1 ? only : undefined);
  if (of === undefined) {
    throw new VirtbsError('usage', `${change}: of which project? Job ${name} does not name exactly one`, {
      hint: 'name it with --of PROJECT; a folder is tested as it is',
    });
  }
  const [, number, set] = /^refs\/changes\/\d\d\/(\d+)\/(\d+)$/.exec(change) ?? [];
  const base = { id: `hand:${randomUUID()}`, project: of, at: new Date().toISOString() } as const;
  if (number === undefined || set === undefined) return { ...base, kind: 'ref', branch: change };
  return {
    ...{ ...base, kind: 'patchset', branch: '', change: { number: Number(number) } },
    patchSet: { number: Number(set), revision: '', ref: change },
  };
}
