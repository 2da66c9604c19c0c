import type { SecretSettings, TaskSettings } from '../config/task-settings.js';
import type { SlicePaths } from '../filenames.js';
import type { SlicePlan } from '../plan/plan.js';
import { settleAll } from '../settle-all.js';
import { makeTaskGraph, type GraphRequest } from './make-task-graph.js';
import { findSecrets, readySecrets } from './slice-secrets.js';
import { readTaskSources } from './task-sources.js';
import type { UnitFacts } from './unit-parts.js';

/** What tasks read on this machine, read once. */
export type PreparedTasks = Pick<UnitFacts, 'graph' | 'tasks' | 'sources' | 'secrets'>;

export interface PrepareOptions extends Pick<GraphRequest, 'tasks' | 'goals' | 'place'> {
  readonly plan: SlicePlan;
  readonly paths: SlicePaths;
  readonly secrets: Readonly<Record<string, SecretSettings>>;
  /** True if no secret may be made. */
  readonly dryRun: boolean;
}

/**
 * Makes the graph of the tasks that are asked for, reads their files, and makes the secrets that are missing; a dry run makes none.
 *
 * The caller holds the slice's lock, but for a dry run.
 *
 * @throws VirtbsError `plan-invalid` for tasks that match no VM, and files that cannot be read
 */
export async function prepareTasks(options: PrepareOptions): Promise<PreparedTasks> {
  const { plan, paths, place, dryRun } = options;
  const graph = makeTaskGraph({ ...options, vms: plan.vms });
  const chosen = [...new Set(graph.units.map(({ task }) => task))];
  const [sources, secrets] = await settleAll([
    Promise.all(chosen.map(async (task) => [task.name, await readTaskSources(task, place)] as const)),
    (dryRun ? findSecrets : readySecrets)(paths, neededSecrets(options.secrets, chosen)),
  ]);
  const tasks = new Map(graph.units.map(({ id, task }) => [id, task]));
  return { graph, tasks, sources: new Map(sources), secrets };
}

function neededSecrets(
  secrets: PrepareOptions['secrets'],
  tasks: readonly TaskSettings[],
): Readonly<Record<string, SecretSettings>> {
  const names = new Set(tasks.flatMap(({ sees }) => sees));
  return Object.fromEntries(Object.entries(secrets).filter(([name]) => names.has(name)));
}
