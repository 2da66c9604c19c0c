import { checkpointHolders } from '../checkpoint/checkpoint-holders.js';
import type { Configuration } from '../config/configuration.js';
import { VirtbsError } from '../errors.js';
import type { VerbContext } from '../events.js';
import { slicePaths } from '../filenames.js';
import { prepareRoot } from '../files/prepare-root.js';
import { guestOf } from '../guest/guest-of.js';
import { checkTaskNames, withWanters } from '../task/check-task-names.js';
import type { DoOptions, DoResult } from '../task/do-options.js';
import { doTasks, forgetTasks } from '../task/do-tasks.js';
import { guestAgentCommand } from '../task/guest-agent-command.js';
import { lockSlice } from './lock-slice.js';
import { readSlice, type StandingOptions } from './standing-slice.js';
import { vmStandsStill } from './vm-stands-still.js';

export interface DoOnSliceOptions
  extends StandingOptions, Pick<DoOptions, 'goals' | 'again' | 'done' | 'dryRun' | 'stop'> {
  /** Tasks that are run although they are done, with all that want them. */
  readonly from: readonly string[];
  /** Whether the records of the tasks are removed, and nothing is run. */
  readonly forget: boolean;
  readonly configuration: Configuration;
  /** Returns the command line that hints show: one that works on the same slice with the same configuration. */
  readonly commandLine?: DoOptions['commandLine'];
}

/** The defaults where only goals are named. */
export const NOTHING_ASKED = {
  goals: [],
  again: [],
  from: [],
  done: [],
  forget: false,
  stop: false,
  dryRun: false,
} as const;

/** Milliseconds to wait for the slice's lock. */
const LOCK_TIMEOUT = 300_000;

/**
 * Does tasks on a slice as it stands; see `doTasks`. A dry run holds no lock. With `forget` the result says what would be done next.
 *
 * @throws VirtbsError `usage` for tasks that are not known; `slice-empty`; what `doTasks` throws
 */
export async function doOnSlice(options: DoOnSliceOptions, context: VerbContext): Promise<DoResult> {
  const { slice, root, configuration, dryRun } = options;
  const { goals, again, from, done, forget, stop } = options;
  const { tasks, secrets } = configuration;
  const { commandLine = (words) => ['virtbs', '-s', slice, ...words].join(' ') } = options;
  checkTaskNames(tasks, [...goals, ...again, ...from, ...done], commandLine(['tasks']));
  refuseGivers(tasks, done);
  if (options.driver.features.standing && !dryRun) await prepareRoot(root);
  await using _lock = dryRun
    ? undefined
    : await lockSlice({ root, slice, verb: 'do', lockTimeout: LOCK_TIMEOUT }, context);
  const { plan, state, outputDirectory } = await readSlice(options, context);
  const doing: DoOptions = {
    plan,
    paths: slicePaths(root, slice),
    outputDirectory,
    tasks,
    secrets,
    place: (path) => configuration.place(path),
    goals,
    again: [...again, ...withWanters(tasks, from)],
    done,
    dryRun,
    stop,
    commandLine,
    images: new Map(state.vms.map(({ hostname, image }) => [hostname, image])),
    command: (hostname) => guestAgentCommand(guestOf(plan, hostname, outputDirectory)),
    standsStill: vmStandsStill(options.driver, slice, context),
    holder: dryRun || forget ? await checkpointHolders(root, slice) : undefined,
  };
  if (!forget || dryRun) return await doTasks(doing, context);
  await forgetTasks(doing, context);
  return await doTasks({ ...doing, dryRun: true }, context);
}

/** @throws VirtbsError `usage` for tasks that give values: nobody else can give them */
function refuseGivers(tasks: Configuration['tasks'], done: readonly string[]): void {
  const givers = done.filter((name) => (tasks[name]?.gives.length ?? 0) > 0);
  if (givers.length === 0) return;
  const words = givers.map((name) => `--done ${name}: the task gives ${tasks[name]?.gives.join(', ') ?? ''}`);
  throw new VirtbsError('usage', words.join('\n'), { hint: 'run it: only the task itself can give its values' });
}
