import type { TaskSettings, TaskTarget } from '../config/task-settings.js';
import { VirtbsError } from '../errors.js';
import { ordinalName, roleName } from '../plan/host-name.js';
import type { VmPlan } from '../plan/plan.js';
import { HERE, unitId, type TaskGraph, type TaskUnit } from './task-graph.js';

/** The properties of a VM by which a task can select it. */
export type TaskVm = Pick<VmPlan, 'hostname' | 'domain' | 'role' | 'labels' | 'accessAddress' | 'wait'>;

export interface GraphRequest {
  /** Every task of the configuration, by name; their names and wants were checked when it was read. */
  readonly tasks: Readonly<Record<string, TaskSettings>>;
  readonly vms: readonly TaskVm[];
  /** The tasks that are asked for, with all that they want; all where none is named. */
  readonly goals: readonly string[];
  /** Returns the place of a key in the configuration, for errors. */
  readonly place: (path: readonly (string | number)[]) => string;
}

/**
 * Returns the units of the tasks that are asked for.
 *
 * @throws VirtbsError `plan-invalid` for tasks that match no VM, and for VMs on which a task wants another that does not run there;
 *   all of them at once
 */
export function makeTaskGraph({ tasks, vms, goals, place }: GraphRequest): TaskGraph {
  const problems: string[] = [];
  const nodes = new Map<string, readonly string[]>();
  const chosen = orderTasks(tasks, goals.length > 0 ? goals : Object.keys(tasks));
  for (const task of chosen) {
    const found = findNodes(task, vms);
    nodes.set(task.name, found);
    if (found.length === 0) problems.push(`${place(['tasks', task.name, 'on'])}: ${task.name}: ${noMatch(task, vms)}`);
  }
  const units = chosen.flatMap((task) => (nodes.get(task.name) ?? []).map((node) => makeUnit(task, node, nodes)));
  for (const { task, node } of units) {
    for (const want of task.wantsHere) {
      if (nodes.get(want)?.includes(node)) continue;
      const where = node === HERE ? 'here' : `on ${node}`;
      problems.push(
        `${place(['tasks', task.name, 'wants_here'])}: ${task.name}: it runs ${where}, and "${want}" does not`,
      );
    }
  }
  if (problems.length === 0) return { units };
  throw new VirtbsError('plan-invalid', problems.join('\n'), {
    hint: 'a task runs on roles, VM names, labels, all VMs, or here: correct what "on" says, or the topology',
  });
}

/** Returns the goals and what they want, each behind all that it wants, otherwise in the order in which they are written. */
export function orderTasks(
  tasks: Readonly<Record<string, TaskSettings>>,
  goals: readonly string[],
): readonly TaskSettings[] {
  const ordered = new Set<TaskSettings>();
  const visit = (name: string): void => {
    const task = tasks[name];
    if (!task || ordered.has(task)) return;
    for (const want of [...task.wants, ...task.wantsHere]) visit(want);
    ordered.add(task);
  };
  for (const name of goals) visit(name);
  return [...ordered];
}

function makeUnit(task: TaskSettings, node: string, nodes: ReadonlyMap<string, readonly string[]>): TaskUnit {
  const everywhere = task.wants.flatMap((want) => (nodes.get(want) ?? []).map((each) => unitId(want, each)));
  const here = task.wantsHere.map((want) => unitId(want, node));
  return { id: unitId(task.name, node), task, node, after: [...new Set([...everywhere, ...here])] };
}

/** Returns the nodes that a task runs on, in the order of the plan. */
function findNodes({ on, first }: TaskSettings, vms: readonly TaskVm[]): readonly string[] {
  if (on.kind === 'here') return [HERE];
  const found = vms.filter((vm) => vm.wait === 'ssh' && vm.accessAddress !== null && matches(on, vm, vms));
  return (first ? found.slice(0, 1) : found).map(({ hostname }) => hostname);
}

function matches(on: TaskTarget, vm: TaskVm, vms: readonly TaskVm[]): boolean {
  switch (on.kind) {
    case 'here':
      return false;
    case 'all':
      return true;
    case 'names':
      return on.names.some((name) =>
        [vm.hostname, vm.domain, vm.role, roleName(vm.role), ordinalName(vms, vm)].includes(name),
      );
    case 'labels':
      return Object.entries(on.labels).every(([key, wanted]) => labelMatches(vm.labels[key], wanted));
  }
}

/** A list among a VM's labels holds each of its items; a list that is wanted is met by any of its items. */
function labelMatches(label: unknown, wanted: unknown): boolean {
  if (label === undefined) return false;
  const have = new Set((Array.isArray(label) ? label : [label]).map(String));
  return (Array.isArray(wanted) ? wanted : [wanted]).some((item) => have.has(String(item)));
}

function noMatch({ on }: TaskSettings, vms: readonly TaskVm[]): string {
  if (on.kind === 'all') return 'the slice has no VM with a login';
  const roles = [...new Set(vms.map(({ role }) => role))].join(', ');
  const what =
    on.kind === 'labels' ? 'no VM with a login has these labels' : 'no VM with a login has this name or role';
  return `${what}; the roles of this slice are ${roles || 'none'}`;
}
