import { VirtbsError } from '../errors.js';
import type { VerbContext } from '../events.js';
import { slicePaths } from '../filenames.js';
import { guestOf } from '../guest/guest-of.js';
import type { ImageBuild } from '../image/types.js';
import type { SlicePlan } from '../plan/plan.js';
import { NOTHING_CHOSEN, type DoneUnit } from '../task/do-options.js';
import { doTasks } from '../task/do-tasks.js';
import { guestAgentCommand } from '../task/guest-agent-command.js';
import type { SliceTasks } from './deploy-slice.js';
import { imagesOf } from './find-deployed.js';
import { readyImages } from './ready-images.js';
import type { CreationOptions } from './slice-creation.js';
import type { StandingSlice } from './standing-slice.js';

export interface ForeseeTasksRequest {
  readonly tasks: SliceTasks;
  /** The slice as it will be. */
  readonly plan: SlicePlan;
  /** The slice as it stands; undefined where it does not. */
  readonly standing: StandingSlice | undefined;
  /** Host names of VMs that will be made, or made anew. */
  readonly made: ReadonlySet<string>;
  /** Host names of VMs that stand and will be started. */
  readonly started: ReadonlySet<string>;
}

/**
 * Says which tasks would be done on a slice once VMs were made and started beside those that run. Those that run are asked what is
 * done on them; nothing is changed.
 *
 * @throws VirtbsError `task-failed` where a VM that runs does not answer
 */
export async function foreseeTasks(
  { tasks, plan, standing, made, started }: ForeseeTasksRequest,
  options: Pick<CreationOptions, 'driver' | 'images' | 'outputDirectory'>,
  context: VerbContext,
): Promise<readonly DoneUnit[]> {
  const { configuration, goals, commandLine } = tasks;
  const reached = new Map(standing?.plan.vms.map((vm) => [vm.hostname, vm]));
  const vms = plan.vms.map((vm) => (made.has(vm.hostname) ? vm : (reached.get(vm.hostname) ?? vm)));
  const whole = { ...plan, vms };
  const outputDirectory = standing?.outputDirectory ?? options.outputDirectory;
  const absent = new Map([
    ...[...made].map((name) => [name, 'its VM is to be made'] as const),
    ...[...started].map((name) => [name, 'its VM is off: what is done on it is known when it runs'] as const),
  ]);
  const builds = await foundBuilds(
    { ...plan, vms: vms.filter(({ hostname }) => made.has(hostname)) },
    options,
    context,
  );
  const images = new Map([
    ...(standing?.state.vms.map(({ hostname, image }) => [hostname, image] as const) ?? []),
    ...[...imagesOf(whole, builds)].filter(([hostname]) => made.has(hostname)),
  ]);
  const { units } = await doTasks(
    {
      ...NOTHING_CHOSEN,
      dryRun: true,
      plan: whole,
      paths: slicePaths(options.images.root, plan.slice),
      tasks: configuration.tasks,
      secrets: configuration.secrets,
      place: (path) => configuration.place(path),
      command: (hostname) => guestAgentCommand(guestOf(whole, hostname, outputDirectory)),
      ...{ outputDirectory, images, goals, commandLine, absent },
    },
    context,
  );
  return units;
}

/** Returns the builds that there are; tasks on VMs of an image that is still to be made have another key than they will have. */
async function foundBuilds(
  plan: SlicePlan,
  { images, driver }: Pick<CreationOptions, 'driver' | 'images'>,
  context: VerbContext,
): Promise<ReadonlyMap<string, ImageBuild>> {
  await using ready = readyImages(plan, { source: { ...images, onlyFind: true }, driver, all: true }, context);
  const found = [...ready.images].map(async ([name, build]) => {
    try {
      return [[name, await build] as const];
    } catch (error) {
      context.signal.throwIfAborted();
      if (!(error instanceof VirtbsError)) throw error;
      return [];
    }
  });
  return new Map((await Promise.all(found)).flat());
}
