import type { TaskSettings } from '../config/task-settings.js';
import type { VirtbsEvent } from '../events.js';
import type { Secrets } from '../secrets.js';
import type { DoneUnit, DoOptions } from './do-options.js';
import { HERE, type TaskGraph, type TaskUnit } from './task-graph.js';
import { taskKey, type TaskKeyParts } from './task-key.js';
import type { TaskNodes } from './task-nodes.js';
import type { TaskSources } from './task-sources.js';
import type { UnitDigests } from './unit-parts.js';

/** The state of one call of `doTasks`, for all its units. */
export interface TaskRun {
  readonly options: DoOptions;
  readonly graph: TaskGraph;
  /** The task of each unit, keyed by the unit's id. */
  readonly tasks: ReadonlyMap<string, TaskSettings>;
  /** The number of units of each task, keyed by the task's name. */
  readonly counts: ReadonlyMap<string, number>;
  /** Keyed by task. */
  readonly sources: ReadonlyMap<string, TaskSources>;
  readonly secrets: Readonly<Record<string, string>>;
  /** The secrets, which are shown nowhere. */
  readonly hidden: Secrets;
  readonly nodes: TaskNodes;
  /** The ends of units, keyed by id; for a unit that runs, the reason why. */
  readonly units: Map<string, DoneUnit>;
  /** The parts of units' keys, by id. */
  readonly parts: Map<string, TaskKeyParts>;
  /** What of units that are done goes into other units' keys, by id. */
  readonly digests: Map<string, UnitDigests>;
  readonly emit: (event: VirtbsEvent) => void;
}

type UnitNote = Pick<DoneUnit, 'outcome' | 'why'> & Partial<Pick<DoneUnit, 'ended' | 'milliseconds' | 'log'>>;

/** Keeps what is known of a unit for the result. */
export function noteUnit(
  { options: { holder }, parts, units }: TaskRun,
  { id, task, node }: TaskUnit,
  note: UnitNote,
): void {
  const { outcome, why, ended = null, milliseconds = 0, log = null } = note;
  const vm = node === HERE ? null : node;
  const key = taskKey(parts.get(id) ?? {});
  units.set(id, {
    task: task.name,
    vm,
    outcome,
    why,
    ended,
    milliseconds,
    cache: task.cache,
    log,
    ...(holder && { checkpoint: holder({ task: task.name, vm, key }) }),
  });
}

/** Tells who watches how far a unit has come. */
export function tellUnit(
  { counts, emit }: TaskRun,
  { task, node }: TaskUnit,
  note: Pick<Extract<VirtbsEvent, { type: 'task' }>, 'state' | 'why' | 'milliseconds'>,
): void {
  const vms = counts.get(task.name) ?? 1;
  emit({ type: 'task', task: task.name, vm: node === HERE ? null : node, vms, ...note });
}
