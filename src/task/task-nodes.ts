import { taskPaths, type SlicePaths } from '../filenames.js';
import { settleAll } from '../settle-all.js';
import type { SlicePlan } from '../plan/plan.js';
import { VirtbsError } from '../errors.js';
import type { AgentCommand, NodeAgent } from './node-agent.js';
import type { NodeRecord } from './node-record.js';
import { localCommand } from './end-local-tasks.js';
import { openNode, type TaskNode } from './open-nodes.js';
import { readGiven } from './read-given.js';
import { HERE, restoredName, type TaskGraph, type TaskUnit } from './task-graph.js';
import { taskKey, type TaskKeyParts } from './task-key.js';
import { showValue } from './task-values.js';

/** The folder of records on a VM. */
const NODE_FOLDER = '/var/lib/virtbs/tasks';

/** A task that runs here has this before its name on the slice's first VM: its record is kept, restored and gone with the slice. */
const HERE_RECORD = 'here:';

export interface NodesOptions {
  readonly plan: SlicePlan;
  readonly paths: SlicePaths;
  /** Returns the command that starts the script that serves a node on a VM. */
  readonly command: (hostname: string) => AgentCommand;
  /** Asks whether a VM is off, so that it is not waited for; nobody is asked where not given. */
  readonly standsStill?: ((hostname: string) => Promise<'off' | 'paused' | null>) | undefined;
  /** VMs that cannot be asked, because they do not run or are not there yet, with why their tasks would be run; for a dry run. */
  readonly absent?: ReadonlyMap<string, string> | undefined;
}

/** The nodes of a graph, and what they know of its units. One that cannot be reached fails what asks for it. */
export interface TaskNodes extends AsyncDisposable {
  get(name: string): Promise<TaskNode>;
  /** Returns the record of a unit; undefined where it never began. */
  record(unit: TaskUnit): Promise<NodeRecord | undefined>;
  /** The values that a unit which is done has given. */
  values(unit: TaskUnit): Promise<Record<string, string>>;
  /** Notes that a unit is done; for one on a VM only where it was not run there. */
  markDone(unit: TaskUnit, done: DoneRecord): Promise<void>;
  /** Removes all that is known of units. */
  forget(units: readonly TaskUnit[]): Promise<void>;
  /** Ends all connections; what is asked for next connects again. Nothing may run. */
  close(): Promise<void>;
}

export interface DoneRecord {
  readonly parts: TaskKeyParts;
  readonly values: Readonly<Record<string, string>>;
}

/** Connects to all nodes of the graph at once. */
export function openTaskNodes(
  graph: TaskGraph,
  { plan, paths, command, standsStill = async () => null, absent = new Map() }: NodesOptions,
  signal: AbortSignal,
): TaskNodes {
  const opening = new Map<string, Promise<TaskNode>>();
  const get = (name: string): Promise<TaskNode> => {
    const known = opening.get(name);
    if (known) return known;
    const own = graph.units.filter(({ node }) => node === name).map(({ task }) => task);
    const refreshed = own.filter(({ onRestore }) => onRestore !== undefined);
    const tasks = [...own.map((task) => task.name), ...refreshed.map((task) => restoredName(task.name))];
    const work =
      name === HERE
        ? openNode({ name: 'this machine', command: localCommand, folder: taskPaths(paths).here, tasks, signal })
        : openNode({
            name,
            command: command(name),
            folder: nodeFolder(plan, name),
            tasks,
            standsStill: () => standsStill(name),
            signal,
          });
    work.catch(() => undefined); // told to whoever asks for it
    opening.set(name, work);
    return work;
  };
  const first = plan.vms.find(({ wait, accessAddress }) => wait === 'ssh' && accessAddress !== null)?.hostname ?? HERE;
  const keeper = (node: string): Promise<TaskNode> => get(node === HERE ? first : node);
  const isAbsent = (node: string): boolean => absent.has(node === HERE ? first : node);
  for (const { node } of graph.units) {
    if (!absent.has(node)) void get(node);
    if (!isAbsent(node)) void keeper(node);
  }
  const close = async (): Promise<void> => {
    const nodes = await Promise.allSettled(opening.values());
    opening.clear();
    await Promise.all(
      nodes.flatMap((node) => (node.status === 'fulfilled' ? [node.value[Symbol.asyncDispose]()] : [])),
    );
  };
  return {
    get,
    async record({ task, node }) {
      if (absent.has(node)) return undefined;
      const own = (await get(node)).records.get(task.name);
      // Whether it runs now, this machine knows; whether it is done, the slice.
      if (node !== HERE || own?.running) return own;
      return isAbsent(node) ? undefined : (await keeper(node)).records.get(keptName(task.name, node));
    },
    async values({ task, node }) {
      const agent = await (await keeper(node)).agent();
      return await readGiven(agent, task, keptName(task.name, node));
    },
    async markDone({ task, node }, { parts, values }) {
      const agent = await (await keeper(node)).agent();
      const name = keptName(task.name, node);
      const given = Object.entries(values).map(([value, text]) => showValue(value, text));
      agent.put(name, 'gives', Buffer.from(given.join('')));
      agent.put(name, 'key', Buffer.from(`${JSON.stringify({ key: taskKey(parts), parts })}\n`));
      agent.mark(name, Math.round(Date.now() / 1000));
      await settle(agent, node === HERE ? first : node);
    },
    async forget(units) {
      const names = new Map<string, string[]>();
      const add = (node: string, name: string): void => {
        const others = names.get(node);
        if (others) others.push(name);
        else names.set(node, [name]);
      };
      for (const { task, node } of units) {
        add(node, task.name);
        if (node === HERE) add(first, keptName(task.name, node));
      }
      await settleAll(
        [...names].map(async ([node, tasks]) => {
          const agent = await (await get(node)).agent();
          agent.forget(tasks);
          await settle(agent, node);
        }),
      );
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** A machine that virtbs did not make may be in several slices: it has records of each. */
function nodeFolder({ vms, access }: SlicePlan, hostname: string): string {
  const { domain } = (access?.logins && vms.find((vm) => vm.hostname === hostname)) ?? {};
  return domain === undefined ? NODE_FOLDER : `${NODE_FOLDER}-${domain}`;
}

function keptName(task: string, node: string): string {
  return node === HERE ? `${HERE_RECORD}${task}` : task;
}

/** Waits until a node has done all that it was told. @throws VirtbsError `vm-failed` where its records cannot be written */
async function settle(agent: NodeAgent, node: string): Promise<void> {
  if ((await agent.settle()) === 0) return;
  throw new VirtbsError('vm-failed', `${node}: its records of tasks cannot be written`, {
    hint: 'make room on its disk, which is full or read-only',
  });
}
