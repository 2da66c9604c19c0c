import type { CheckpointSettings } from '../config/checkpoint-settings.js';
import { outputPaths } from '../filenames.js';
import { runForeground } from '../process/run-foreground.js';
import type { Lease } from '../slice/lease-slice.js';
import { runWithSlice, type RunWithSliceOptions, type RunWithSliceResult } from '../slice/run-with-slice.js';
import { tasksAfter } from './tasks-after.js';
import type { GoalsQuestion } from './goals-after.js';
import type { PlanRequest } from './load-plan.js';
import type { Workplace } from './workplace.js';
import { DEFAULT_CONNECT } from './workplace-settings.js';

export interface RunCommandOptions extends Pick<RunWithSliceOptions, 'slice' | 'onFailure' | 'lockTimeout'> {
  /** Milliseconds without progress after which a VM is given up. */
  readonly bootTimeout: number;
  /** The lease of the slice; null where it was chosen by its number. */
  readonly lease: Lease | null;
  /** The slice to make before; none where it is null, or neither it nor a file says which VMs. */
  readonly plan: Omit<PlanRequest, 'slice'> | null;
  /** Milliseconds after which `reap` may destroy what is made; undefined for no limit. */
  readonly ttl?: number | undefined;
  /** Replaces what the configuration says of keeping checkpoints. */
  readonly keep?: CheckpointSettings['keep'] | undefined;
  /** Tasks to be done before, as the command line says it: see `goalsAfter`. */
  readonly tasks?: GoalsQuestion['asked'];
  /** The program and its arguments. */
  readonly command: readonly string[];
  /** True if the terminal itself sends Ctrl-C to the program as well as to us. */
  readonly terminal: boolean;
  /** The target of the program's output. */
  readonly output: 'stdout' | 'stderr';
  /** Milliseconds on the clock of `performance.now()` when the work began. */
  readonly started: number;
  /** Called before the program has the terminal. */
  readonly onStart?: () => void;
}

/**
 * Makes a slice where that is asked for, runs a program that is told of the slice by its environment, and wipes the slice.
 *
 * @throws what `runWithSlice` throws
 */
export async function runCommandWithSlice(options: RunCommandOptions, place: Workplace): Promise<RunWithSliceResult> {
  const { slice, lease, onFailure, bootTimeout, lockTimeout, ttl, keep } = options;
  const plan =
    options.plan && (await place.asksForVms(options.plan)) ? await place.plan({ ...options.plan, slice }) : null;
  const { checkpoint: settings } = await place.configuration();
  const loadMilliseconds = performance.now() - options.started;
  const creation = await place.creation();
  const checkpoint = keep ? { ...settings, keep } : settings;
  const limits = { ttl, bootTimeout, lockTimeout };
  const tasks = plan ? (await tasksAfter(place, plan, { asked: options.tasks, waits: true }))?.asked : undefined;
  const asked = plan && {
    ...creation,
    ...limits,
    plan,
    wait: true,
    dryRun: false,
    loadMilliseconds,
    checkpoint,
    tasks,
  };
  const run = async (): Promise<number> => {
    options.onStart?.();
    return await runForeground(options.command, {
      cwd: place.settings.cwd,
      env: { ...place.settings.env, ...(await sliceEnvironment(slice, place)) },
      signal: place.settings.signal,
      terminal: options.terminal,
      output: options.output,
    });
  };
  return await runWithSlice(
    { ...(await place.standing(slice)), lease, creation: asked, run, onFailure, lockTimeout },
    place.verb,
  );
}

/** Returns what a program is told of its slice; a `virtbs` that it calls reads the options from it. */
async function sliceEnvironment(slice: number, place: Workplace): Promise<Record<string, string>> {
  const { settings, outputDirectory } = place;
  const { connect = DEFAULT_CONNECT, driver } = settings;
  return {
    VIRTBS_SLICE: String(slice),
    VIRTBS_OUTPUT_DIR: outputDirectory,
    VIRTBS_ROOT: await place.root(),
    VIRTBS_CONNECT: connect,
    ...(driver !== undefined && { VIRTBS_DRIVER: driver }),
    VIRTBS_SSH_CONFIG: outputPaths(outputDirectory, slice).sshConfig,
  };
}
