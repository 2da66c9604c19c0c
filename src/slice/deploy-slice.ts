import type { Configuration } from '../config/configuration.js';
import type { VerbContext } from '../events.js';
import { outputPaths, type SlicePaths } from '../filenames.js';
import type { GuestFacts } from '../output/state.js';
import type { SlicePlan } from '../plan/plan.js';
import { NOTHING_CHOSEN, type DoneUnit } from '../task/do-options.js';
import { doTasks } from '../task/do-tasks.js';
import { foreseeUnits, NO_CHECKPOINT } from '../task/foresee-units.js';
import { guestAgentCommand } from '../task/guest-agent-command.js';
import { NOT_RUN_YET } from '../task/perform-unit.js';
import { prepareTasks, type PreparedTasks, type PrepareOptions } from '../task/prepare-tasks.js';
import type { TaskKeeper } from '../task/task-cache.js';
import { HERE, unitId } from '../task/task-graph.js';
import type { CheckpointQuestion } from './find-checkpoint.js';
import { knownUnits, type FoundCheckpoint, type JudgedCheckpoint } from './find-deployed.js';
import { keepCheckpoint, keepingTime } from './keep-checkpoint.js';

/** Tasks that are done on a slice as soon as it is made. */
export interface SliceTasks {
  readonly configuration: Configuration;
  /** With all that they want; all of the configuration where none is named. */
  readonly goals: readonly string[];
  /** Returns the line that a person types to go on with these words. */
  readonly commandLine: (words: readonly string[]) => string;
}

export interface DeployOptions {
  readonly tasks: SliceTasks;
  readonly prepared: PreparedTasks;
  /** The slice as it stands. */
  readonly plan: SlicePlan;
  readonly paths: SlicePaths;
  readonly outputDirectory: string;
  /** Asks whether a VM is off, by its host name. */
  readonly standsStill: (hostname: string) => Promise<'off' | 'paused' | null>;
  /** `SLOT/BUILD` of the image of each VM, by host name. */
  readonly images: ReadonlyMap<string, string | null>;
  /** The checkpoint that the slice came back from. */
  readonly from: FoundCheckpoint | null;
  /** The checkpoints that there were; the oldest first. */
  readonly judged: readonly JudgedCheckpoint[];
  /** What checkpoints are kept for; null where none are. */
  readonly question: CheckpointQuestion | null;
  readonly facts: ReadonlyMap<string, GuestFacts | null>;
}

export interface Deployed {
  readonly units: readonly DoneUnit[];
  /** True if a checkpoint was kept. */
  readonly kept: boolean;
}

/** Reads what the tasks of a slice need on this machine, and makes the secrets that are missing; a dry run makes none. */
export async function prepareSliceTasks(
  plan: SlicePlan,
  { configuration, goals }: SliceTasks,
  given: Pick<PrepareOptions, 'paths' | 'dryRun'>,
): Promise<PreparedTasks> {
  const { tasks, secrets } = configuration;
  return await prepareTasks({ ...given, plan, tasks, secrets, goals, place: (path) => configuration.place(path) });
}

/**
 * Does the tasks on a slice that was just made, and keeps it meanwhile and at the end. The caller holds the slice's lock.
 *
 * @throws VirtbsError what `doTasks` throws; `vm-failed` where a VM that was kept cannot go on
 */
export async function deploySlice(options: DeployOptions, context: VerbContext): Promise<Deployed> {
  const { tasks, prepared, plan, paths, outputDirectory, images, standsStill, from } = options;
  const { configuration, goals, commandLine } = tasks;
  const { sshConfig } = outputPaths(outputDirectory, plan.slice);
  let kept = false;
  const keeper = await openKeeper(options, context, () => {
    kept = true;
  });
  const { units } = await doTasks(
    {
      ...NOTHING_CHOSEN,
      plan,
      paths,
      outputDirectory,
      images,
      goals,
      commandLine,
      prepared,
      tasks: configuration.tasks,
      secrets: configuration.secrets,
      place: (path) => configuration.place(path),
      command: (hostname) => guestAgentCommand({ sshConfig, hostname }),
      standsStill,
      cache: { restored: from?.done ?? new Map(), keeper },
    },
    context,
  );
  return { units: explain(units, options), kept };
}

/** Says of units that were new on their VMs why they did not come back, where a checkpoint has them. */
function explain(
  units: readonly DoneUnit[],
  { prepared, plan, images, from, judged }: DeployOptions,
): readonly DoneUnit[] {
  const isNew = ({ why }: DoneUnit): boolean => why === NOT_RUN_YET;
  if (judged.length === 0 || !units.some(isNew)) return units;
  const foreseen = foreseeUnits({ ...prepared, plan, images }, from?.done ?? new Map(), knownUnits(judged));
  const reasons = new Map(foreseen.map(({ task, vm, why }) => [unitId(task, vm ?? HERE), why]));
  return units.map((unit) => {
    const reason = reasons.get(unitId(unit.task, unit.vm ?? HERE));
    return isNew(unit) && reason && reason !== NO_CHECKPOINT ? { ...unit, why: reason } : unit;
  });
}

async function openKeeper(
  { question, paths, outputDirectory, facts }: DeployOptions,
  context: VerbContext,
  onKept: () => void,
): Promise<TaskKeeper | null> {
  if (!question) return null;
  return {
    cost: await keepingTime(question, context),
    async keep(units, again) {
      const wish = { ...question, paths, outputDirectory, facts, units, boot: null, again };
      const kept = await keepCheckpoint(wish, context);
      if (kept) onKept();
    },
  };
}
