import { setTimeout as sleep } from 'node:timers/promises';
import { VirtbsError } from '../../errors.js';
import type { VirtbsEvent } from '../../events.js';
import { onAbort } from '../../process/on-abort.js';
import { ForgeError } from '../forge/forge-error.js';
import type { Forge, ForgeRunner, WaitingJob } from '../forge/forge.js';
import { chooseJobs } from './choose-jobs.js';
import { runnerName } from './runner-name.js';
import type { LeftRunner, RunnerSlices } from './runner-slices.js';

export interface WatchRunnersOptions {
  readonly forge: Forge;
  readonly slices: RunnerSlices;
  /** What the names of our runners begin with. */
  readonly prefix: string;
  /** Runners at the same time. */
  readonly workers: number;
  /** Milliseconds that a runner lives at most, boot included. */
  readonly ttl: number;
  /** Milliseconds that a runner waits for its job at most. */
  readonly idle: number;
  /** Milliseconds between two looks at the queue. */
  readonly poll: number;
  /** Whether it ends as soon as no job waits and all runners have ended. A job whose runners fail again and again is then given up. */
  readonly untilIdle: boolean;
  readonly emit: (event: VirtbsEvent) => void;
  readonly signal: AbortSignal;
}

/** A runner from before its entry is made until its slice is gone. */
interface LiveRunner {
  readonly name: string;
  /** The job that it was made for; null where an earlier process made it. */
  readonly job: WaitingJob | null;
  readonly ending: AbortController;
  /** Whether it was seen to do a job. */
  isBusy: boolean;
  /** Milliseconds since 1970 since when it can connect; undefined while its slice is being made. */
  since: number | undefined;
  /** Ends it where its time is over. */
  timer?: NodeJS.Timeout;
}

/** Node's timers know no longer time, in milliseconds. */
const LONGEST_TIME = 2 ** 31 - 1;

/** The longest pause after failures, in milliseconds. */
const LONGEST_PAUSE = 300_000;

/** Attempts to remove an entry at the end of its runner; what is left is removed at a later look. */
const REMOVALS = 3;

/** Where it ends as soon as no job waits: runners that are made for one job, and looks in a row that may fail. */
const MOST_TRIES = 3;
const MOST_LOST_LOOKS = 5;

/** Jobs that a failure names. */
const MOST_NAMED = 5;

/**
 * Looks at the queue of a forge and makes a runner for each job that waits, in a slice of its own, until the signal is raised. A runner
 * does one job; then its slice and its entry go. What a process that was killed has left is taken over: a runner whose slice is whole
 * goes on, all else is ended.
 *
 * @throws ForgeError where the first look fails for good, or with `untilIdle` many in a row; VirtbsError `runner-failed` with
 *   `untilIdle` where jobs were given up; what `RunnerSlices` throw then
 */
export async function watchRunners(options: WatchRunnersOptions): Promise<void> {
  const { forge, slices, prefix, poll, untilIdle, emit, signal } = options;
  const live = new Map<string, LiveRunner>();
  const works = new Set<Promise<void>>();
  const failures = new Failures(poll);
  const tries = new Tries();
  const note = (message: string): void => emit({ type: 'note', message });
  const begin = (runner: LiveRunner): void => {
    live.set(runner.name, runner);
    const work = serve(runner, { ...options, failures })
      .then((why) => {
        if (runner.job && why !== undefined) tries.add(runner.job, why);
      })
      .finally(() => {
        clearTimeout(runner.timer);
        live.delete(runner.name);
        works.delete(work);
      });
    works.add(work);
  };
  using _abort = onAbort(signal, () => {
    for (const { ending } of live.values()) ending.abort('shutdown');
  });

  for (const left of await slices.left(prefix)) {
    if (left.isWhole) {
      note(`${left.name}: taken over from an earlier process`);
      begin(takeOver(left, options));
    } else {
      await slices.end(left.name);
      note(`${left.name}: what an earlier process had begun is wiped`);
    }
  }
  let givenUp: readonly WaitingJob[] = [];
  for (let looks = 0, lost = 0; !signal.aborted; looks++) {
    let pause = poll;
    try {
      // Runners first: one that takes its job between the two questions is counted once too often, never not at all.
      const entries = await forge.runners(prefix, signal);
      const all = await forge.waiting(signal);
      lost = 0;
      await removeStrays(entries, live, options);
      judge(entries, live, options);
      const waiting = untilIdle ? all.filter((job) => !tries.areUsedUp(job)) : all;
      const room = failures.mayBegin() ? options.workers - live.size : 0;
      const free = [...live.values()].filter(({ isBusy }) => !isBusy).map(({ job }) => job);
      for (const job of chooseJobs({ waiting, free, room, isBound: forge.isBound })) {
        begin({ name: runnerName(prefix), job, ending: new AbortController(), isBusy: false, since: undefined });
      }
      if (untilIdle && waiting.length === 0 && works.size === 0) {
        givenUp = all;
        break;
      }
    } catch (error) {
      if (signal.aborted) break;
      const known = error instanceof ForgeError || error instanceof VirtbsError;
      lost += 1;
      const isTooMuch = untilIdle && lost >= MOST_LOST_LOOKS && works.size === 0;
      if (!known || isTooMuch || (looks === 0 && !(error instanceof ForgeError && error.passes))) {
        for (const { ending } of live.values()) ending.abort('shutdown');
        await Promise.all(works);
        throw error;
      }
      emit({ type: 'warning', message: `${error.message}; it is asked again` });
      pause = Math.max(poll, error instanceof ForgeError ? error.retryAfter : 0);
    }
    await sleep(pause, undefined, { signal }).catch(() => undefined);
  }
  await Promise.all(works);
  if (givenUp.length > 0) throw tries.failure(givenUp);
}

function takeOver({ name, expires }: LeftRunner, { ttl }: WatchRunnersOptions): LiveRunner {
  const ending = new AbortController();
  // Its own time is not known any more, only that of its slice, which is longer.
  const left = Math.min(ttl, LONGEST_TIME, Math.max(0, (expires ?? Infinity) - Date.now()));
  const timer = setTimeout(() => ending.abort('time'), left);
  return { name, job: null, ending, isBusy: false, since: Date.now(), timer };
}

/** Removes entries of ours that belong to no runner any more: their process was killed, or the forge could not be asked. */
async function removeStrays(
  entries: readonly ForgeRunner[],
  live: ReadonlyMap<string, LiveRunner>,
  { forge, signal, emit }: WatchRunnersOptions,
): Promise<void> {
  for (const entry of entries) {
    // One that does a job ends with it, or with its slice.
    if (live.has(entry.name) || entry.state === 'busy') continue;
    if (await forge.remove(entry, signal)) emit({ type: 'note', message: `${entry.name}: a stray entry is removed` });
  }
}

/** Notes which runners do a job, and ends those that have waited too long for one. */
function judge(
  entries: readonly ForgeRunner[],
  live: ReadonlyMap<string, LiveRunner>,
  { idle, emit }: WatchRunnersOptions,
): void {
  const byName = new Map(entries.map((entry) => [entry.name, entry]));
  for (const runner of live.values()) {
    const entry = byName.get(runner.name);
    if (entry?.state === 'busy') {
      if (!runner.isBusy) emit({ type: 'note', message: `${runner.name}: does a job` });
      runner.isBusy = true;
      runner.since = Date.now();
    } else if (runner.since !== undefined && Date.now() - runner.since > idle) {
      const why = entry === undefined ? 'its entry is gone' : entry.state === 'idle' ? 'no job came' : 'not connected';
      emit({ type: 'note', message: `${runner.name}: ${why}: it is ended` });
      runner.ending.abort('idle');
    }
  }
}

/**
 * Does all that there is to a runner. Never throws: what fails is told, and the job waits for the next look.
 *
 * @returns why it has failed; undefined where it has not, or had to end with us
 */
async function serve(
  runner: LiveRunner,
  options: WatchRunnersOptions & { readonly failures: Failures },
): Promise<string | undefined> {
  const { forge, slices, ttl, emit, failures } = options;
  const { name, job, ending } = runner;
  const { signal } = ending;
  let why: string | undefined;
  try {
    if (job) {
      emit({ type: 'note', message: `${name}: made for ${job.label}` });
      runner.timer = setTimeout(() => ending.abort('time'), Math.min(ttl, LONGEST_TIME));
      const start = await forge.register(name, job, signal);
      await slices.make(name, start, signal);
      runner.since = Date.now();
    }
    const { code, words } = await slices.work(name, signal);
    if (code === 0) failures.clear();
    else {
      const what = code === null ? 'the runner was lost' : `the runner ended with exit code ${code}`;
      emit({ type: 'warning', message: [`${name}: ${what}`, ...words].join('\n') });
      why = [what, ...words.slice(-1)].join(': ');
      if (!runner.isBusy) failures.add();
    }
  } catch (error) {
    if (signal.reason === 'idle') why = 'no job came to the runner';
    else if (signal.reason === 'time') {
      why = 'its time is over';
      emit({ type: 'warning', message: `${name}: ${why}` });
    } else if (!signal.aborted) {
      why = error instanceof Error ? error.message : String(error);
      emit({ type: 'warning', message: `${name}: ${why}` });
      failures.add();
    }
  }
  await removeEntry(name, options);
  try {
    await slices.end(name);
    emit({ type: 'note', message: `${name}: gone` });
  } catch (error) {
    emit({ type: 'warning', message: `${name}: ${error instanceof Error ? error.message : String(error)}` });
  }
  return why;
}

/** Removes the entry of a runner that is over, where the forge has not done so. Works also where the signal was raised. */
async function removeEntry(name: string, { forge, emit }: WatchRunnersOptions): Promise<void> {
  const { signal } = new AbortController();
  for (let tries = 1; ; tries++) {
    try {
      const entry = (await forge.runners(name, signal)).find((each) => each.name === name);
      if (entry) await forge.remove(entry, signal);
      return;
    } catch (error) {
      if (error instanceof ForgeError && error.passes && error.retryAfter < LONGEST_PAUSE && tries < REMOVALS) {
        await sleep(Math.max(1000, error.retryAfter));
        continue;
      }
      const reason = error instanceof Error ? error.message : String(error);
      emit({ type: 'warning', message: `${name}: its entry is left, and removed at a later look: ${reason}` });
      return;
    }
  }
}

/** Runners that failed before they did a job: the more of them, the longer the pause before the next is made. */
class Failures {
  readonly #first: number;
  #count = 0;
  #until = 0;

  /** @param first milliseconds of the first pause */
  constructor(first: number) {
    this.#first = first;
  }

  add(): void {
    this.#until = Date.now() + Math.min(LONGEST_PAUSE, this.#first * 2 ** this.#count);
    this.#count += 1;
  }

  clear(): void {
    this.#count = 0;
    this.#until = 0;
  }

  mayBegin(): boolean {
    return Date.now() >= this.#until;
  }
}

/** How often runners that were made for a job have failed. */
class Tries {
  readonly #failed = new Map<string, { readonly count: number; readonly why: string }>();

  add({ key }: WaitingJob, why: string): void {
    this.#failed.set(key, { count: (this.#failed.get(key)?.count ?? 0) + 1, why });
  }

  areUsedUp({ key }: WaitingJob): boolean {
    return (this.#failed.get(key)?.count ?? 0) >= MOST_TRIES;
  }

  /** Returns the failure that names jobs which were given up. */
  failure(jobs: readonly WaitingJob[]): VirtbsError {
    const named = jobs.slice(0, MOST_NAMED).map(({ key, label }) => `${label}: ${this.#failed.get(key)?.why ?? ''}`);
    const more = jobs.length > named.length ? [`${jobs.length - named.length} more`] : [];
    const what = jobs.length === 1 ? '1 job still waits' : `${jobs.length} jobs still wait`;
    return new VirtbsError(
      'runner-failed',
      [`${what}, as ${MOST_TRIES} runners for each have failed`, ...named, ...more].join('\n  '),
    );
  }
}

/** Says for people what went wrong with a forge. */
export function explainForgeError(error: unknown): unknown {
  if (!(error instanceof ForgeError)) return error;
  const { message, hint } = error;
  return new VirtbsError('forge-failed', message, hint === undefined ? {} : { hint });
}
