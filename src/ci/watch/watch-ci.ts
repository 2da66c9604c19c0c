import type { CiJob } from '../../config/ci-settings.js';
import type { VirtbsEvent } from '../../events.js';
import { onAbort } from '../../process/on-abort.js';
import type { ChangeEvent } from '../change-event.js';
import type { EventSource } from '../event-source.js';
import { beginsAgain } from '../begins-again.js';
import { matchTrigger } from '../match-trigger.js';
import type { ToldEnd } from '../outcome.js';
import type { CiQueue, QueuedEvent, RunEnd } from '../queue/ci-queue.js';
import type { JobRun } from '../queue/job-run.js';
import { reportRuns } from '../report/report-runs.js';
import type { Reporter } from '../reporter.js';
import { Bell } from './bell.js';
import { recoverRuns, type RecoverOptions } from './recover-runs.js';

/** The end of one attempt at a run. */
export interface JobEnd extends RunEnd {
  /** Whether the run waits for something that others have, such as a free slice: it is no attempt that was broken. */
  readonly waits?: boolean;
  /** Whether people and review systems are told although it is no outcome that they are told of. */
  readonly told?: boolean;
}

export interface WatchCiOptions {
  readonly queue: CiQueue;
  readonly jobs: Readonly<Record<string, CiJob>>;
  readonly sources: readonly EventSource[];
  readonly reporters: ReadonlyMap<string, Reporter>;
  /** Returns the reporters that are told of a run; none of them for one that was begun by hand. */
  readonly reportersFor: (job: CiJob, end: ToldEnd, event: ChangeEvent) => readonly string[];
  readonly url: (runId: number) => string | undefined;
  /** Runs that are done at once. */
  readonly workers: number;
  /** Does a run until its end, or until its signal is raised. */
  readonly perform: (run: JobRun, job: CiJob, signal: AbortSignal) => Promise<JobEnd>;
  readonly cleanUp: RecoverOptions['cleanUp'];
  /** Ends slices that were kept, whose time is over. */
  readonly endKept?: (run: JobRun) => Promise<void>;
  /** Whether it ends as soon as all sources have, and all is done and reported. */
  readonly untilIdle: boolean;
  /** Called after each change of the queue, for pages that show it. */
  readonly onChange?: () => void;
  readonly emit: (event: VirtbsEvent) => void;
  readonly signal: AbortSignal;
  readonly times?: Partial<WatchTimes>;
}

/** Milliseconds. */
export interface WatchTimes {
  /** Between two looks at what other processes ask. */
  readonly look: number;
  /** Between two looks for runs whose process is gone. */
  readonly recover: number;
  /** Before a source that failed is opened again. */
  readonly source: number;
  /** Before a run that was broken, or waits for something, is begun again. */
  readonly again: number;
}

const TIMES: WatchTimes = { look: 500, recover: 30_000, source: 10_000, again: 15_000 };

/** Events that are written in one transaction. */
const MOST_AT_ONCE = 500;

/**
 * Takes events from sources, runs the jobs that they lead to, and reports what these came to, until the signal is raised. What runs
 * then goes back into the queue. All that is known is in the database: a process that is killed is followed by one that goes on.
 */
export async function watchCi(options: WatchCiOptions): Promise<void> {
  const { queue, sources, workers, emit, signal, untilIdle } = options;
  const times = { ...TIMES, ...options.times };
  const bell = new Bell();
  const running = new Map<number, AbortController>();
  let open = sources.length;
  const isOver = async (): Promise<boolean> => signal.aborted || (untilIdle && open === 0 && (await queue.isIdle()));
  const onRecovered = (id: number): void => emit({ type: 'note', message: `run ${id} is begun again` });
  const recover = async (): Promise<unknown> => await recoverRuns({ ...options, onRecovered });
  await recover();

  const feed = async (source: EventSource): Promise<void> => {
    try {
      await feedQueue(source, { ...options, times, bell });
    } finally {
      open -= 1;
      bell.ring();
    }
  };
  const work = async (): Promise<void> => {
    while (!(await isOver())) {
      const run = await queue.claim();
      if (!run) {
        await bell.wait(times.look, signal);
        continue;
      }
      const ending = new AbortController();
      running.set(run.id, ending);
      try {
        await performRun(run, ending, { ...options, times });
      } finally {
        running.delete(run.id);
      }
      options.onChange?.();
      bell.ring();
    }
    bell.ring();
  };
  const look = async (): Promise<void> => {
    let recovered = Date.now();
    while (!(await isOver())) {
      for (const [id, reason] of await queue.asked()) running.get(id)?.abort(reason);
      if (Date.now() - recovered >= times.recover) {
        await recover();
        for (const run of await queue.overKept()) await options.endKept?.(run);
        recovered = Date.now();
      }
      await bell.wait(times.look, signal);
    }
  };
  const report = async (): Promise<void> => {
    while (!(await isOver())) {
      await reportRuns(options);
      await bell.wait(times.look, signal);
    }
  };
  await Promise.all([...sources.map(feed), ...Array.from({ length: workers }, work), look(), report()]);
}

interface FeedOptions extends WatchCiOptions {
  readonly times: WatchTimes;
  readonly bell: Bell;
}

/** Reads a source to its end; one that fails is opened again, and asked for what happened since. */
async function feedQueue(source: EventSource, options: FeedOptions): Promise<void> {
  const { queue, jobs, emit, signal, times, bell, onChange } = options;
  const jobsFor = (event: ChangeEvent): readonly string[] =>
    Object.values(jobs).flatMap(({ name, when }) => (matchTrigger(when, event) ? [name] : []));
  let waiting: QueuedEvent[] = [];
  let written = Promise.resolve();
  const write = async (): Promise<void> => {
    if (waiting.length === 0) return;
    const events = waiting;
    waiting = [];
    if ((await queue.addEvents(events, jobsFor)) === 0) return;
    onChange?.();
    bell.ring();
  };
  // In the order in which they came.
  const flush = async (): Promise<void> => await (written = written.then(write));
  while (!signal.aborted) {
    let timer: NodeJS.Immediate | undefined;
    try {
      const since = await queue.positionOf(source.name);
      for await (const event of source.events({ signal, ...(since !== undefined && { since }) })) {
        waiting.push({ event, source: source.name });
        // Those that come at once are written at once; one that comes alone is not held up.
        if (waiting.length >= MOST_AT_ONCE) await flush();
        timer ??= setImmediate(() => {
          timer = undefined;
          // What goes wrong is said by who waits for it next.
          flush().catch(() => undefined);
        });
      }
      return;
    } catch (error) {
      if (signal.aborted) return;
      const reason = error instanceof Error ? error.message : String(error);
      emit({ type: 'warning', message: `${source.name}: ${reason}; it is opened again` });
      await bell.wait(times.source, signal);
    } finally {
      clearImmediate(timer);
      await flush();
    }
  }
}

/** Does one attempt at a run, and writes down what it came to. */
async function performRun(
  run: JobRun,
  ending: AbortController,
  options: WatchCiOptions & { readonly times: WatchTimes },
): Promise<void> {
  const { queue, jobs, perform, reportersFor, signal, emit, times } = options;
  const job = jobs[run.job];
  if (!job) {
    await queue.end(run.id, { outcome: 'broken', summary: `there is no job "${run.job}" any more` }, []);
    return;
  }
  emit({ type: 'note', message: `run ${run.id}: ${run.job} for ${describeEvent(run.event)}` });
  using _abort = onAbort(signal, () => ending.abort('shutdown'));
  const end = await perform(run, job, ending.signal);
  const reason: unknown = ending.signal.reason;
  if (reason === 'shutdown') {
    await queue.requeue(run.id, { broken: false, summary: 'begun again: virtbs was ended' });
    return;
  }
  if (reason === 'superseded' || reason === 'stopped') {
    const summary = reason === 'stopped' ? 'stopped' : (await queue.find(run.id)).summary || 'something newer came';
    await queue.end(run.id, { ...end, outcome: reason, summary }, []);
    return;
  }
  const again = beginsAgain(run, job, end);
  if (again !== null) {
    await queue.requeue(run.id, { broken: again === 'broken', pause: times.again, summary: end.summary });
    if (again === 'broken') {
      emit({ type: 'warning', message: `run ${run.id} is broken and begun again: ${end.summary}` });
    }
    return;
  }
  await queue.end(run.id, end, reportersFor(job, end, run.event));
  emit({ type: 'note', message: `run ${run.id}: ${end.outcome}${end.summary && `: ${end.summary}`}` });
}

/** `nova 1234,5`, `nova main 1f2e3d4` */
export function describeEvent({ project, branch, change, patchSet, revision }: ChangeEvent): string {
  if (change) return `${project} ${change.number}${patchSet ? `,${patchSet.number}` : ''}`;
  return [project, branch, revision?.slice(0, 12)].filter(Boolean).join(' ');
}
