import type { Configuration } from '../config/configuration.js';
import type { SlicePlan } from '../plan/plan.js';
import { checkTaskNames } from './check-task-names.js';
import { makeTaskGraph } from './make-task-graph.js';
import { readTaskSources } from './task-sources.js';

/**
 * Makes sure, before anything of the slice is touched, that tasks can be run on what is planned.
 *
 * @throws VirtbsError `usage` for tasks that are not known; `plan-invalid` for tasks that match no VM, and for files that cannot be read
 */
export async function checkTasks(
  configuration: Configuration,
  { vms }: Pick<SlicePlan, 'vms'>,
  goals: readonly string[],
): Promise<void> {
  const { tasks } = configuration;
  const place = (path: readonly (string | number)[]): string => configuration.place(path);
  checkTaskNames(tasks, goals);
  const { units } = makeTaskGraph({ tasks, vms, goals, place });
  for (const task of new Set(units.map((unit) => unit.task))) await readTaskSources(task, place);
}
