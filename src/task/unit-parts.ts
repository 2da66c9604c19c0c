import type { TaskSettings } from '../config/task-settings.js';
import { digestOf } from '../digest-of.js';
import type { SlicePlan } from '../plan/plan.js';
import type { UnitResult } from './run-graph.js';
import { HERE, type TaskGraph, type TaskUnit } from './task-graph.js';
import { taskKeyParts, type TaskKeyParts } from './task-key.js';
import type { TaskSources } from './task-sources.js';
import { takenValues } from './task-values.js';
import { taskView } from './task-view.js';

/** All that units' keys are made of, but for what other units give. */
export interface UnitFacts {
  readonly graph: TaskGraph;
  /** The task of each unit, keyed by the unit's id. */
  readonly tasks: ReadonlyMap<string, TaskSettings>;
  readonly plan: SlicePlan;
  /** Keyed by task. */
  readonly sources: ReadonlyMap<string, TaskSources>;
  /** By name. */
  readonly secrets: Readonly<Record<string, string>>;
  /** `SLOT/BUILD` of the image of each VM, by host name. */
  readonly images: ReadonlyMap<string, string | null>;
}

/** A unit that is done: its key, and digests of the values that it gave. */
export interface UnitDigests extends Pick<UnitResult, 'key'> {
  readonly gives: Readonly<Record<string, string>>;
}

/**
 * Returns the parts of a unit's key.
 *
 * @param done the units that are done, by id
 * @throws VirtbsError `task-failed` where several VMs give different values
 */
export function unitParts(
  unit: TaskUnit,
  { graph, tasks, plan, sources, secrets, images }: UnitFacts,
  done: ReadonlyMap<string, UnitDigests>,
): TaskKeyParts {
  const { task, node, after } = unit;
  const given = {
    get(id: string) {
      const known = done.get(id);
      return known && { values: known.gives };
    },
  };
  return taskKeyParts({
    task,
    sources: sources.get(task.name)?.digests ?? {},
    values: takenValues(unit, { graph, done: given }),
    secrets: Object.fromEntries(task.sees.map((name) => [name, secrets[name] ?? ''])),
    view: taskView(task, plan, node === HERE ? null : node),
    image: images.get(node) ?? null,
    needs: after.flatMap((id) => {
      const [result, wanted] = [done.get(id), tasks.get(id)];
      return result && wanted ? [{ task: wanted.name, key: result.key }] : [];
    }),
  });
}

/** Returns what of a result goes into other units' keys. */
export function unitDigests({ key, values }: Pick<UnitResult, 'key' | 'values'>): UnitDigests {
  return { key, gives: Object.fromEntries(Object.entries(values).map(([name, value]) => [name, digestOf(value)])) };
}
