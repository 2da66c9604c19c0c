import type { TaskSettings } from '../config/task-settings.js';

/** The machine where virtbs runs, as a node of tasks. No VM has this name: a VM's name has no dot. */
export const HERE = '.here';

/** One task on one node: what is run, recorded and told. */
export interface TaskUnit {
  /** `TASK@NODE`, unique in a graph. */
  readonly id: string;
  readonly task: TaskSettings;
  /** A host name, or `HERE`. */
  readonly node: string;
  /** Ids of the units that must be done before. */
  readonly after: readonly string[];
}

/** The work on a slice: units in an order in which each comes after all that it needs. */
export interface TaskGraph {
  readonly units: readonly TaskUnit[];
}

export function unitId(task: string, node: string): string {
  return `${task}@${node}`;
}

/** `primary on controller-02`, for people. */
export function showUnit({
  task,
  node,
}: Pick<TaskUnit, 'node'> & { readonly task: Pick<TaskSettings, 'name'> }): string {
  return `${task.name} ${node === HERE ? 'here' : `on ${node}`}`;
}

/** Returns the name of the record of a task's `on_restore`; no task's name has a colon. */
export function restoredName(task: string): string {
  return `restored:${task}`;
}
