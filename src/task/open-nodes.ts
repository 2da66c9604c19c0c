import { setTimeout as sleep } from 'node:timers/promises';
import { VirtbsError } from '../errors.js';
import { openNodeAgent, type AgentCommand, type NodeAgent } from './node-agent.js';
import type { NodeRecord } from './node-record.js';

/** A node on which tasks run, with one connection that is made anew when it is lost. */
export interface TaskNode extends AsyncDisposable {
  readonly name: string;
  /** The connection as it is now. @throws VirtbsError `vm-failed` */
  agent(): Promise<NodeAgent>;
  /** The records of the node when it was first opened, keyed by task. */
  readonly records: ReadonlyMap<string, NodeRecord>;
  /** Makes the node ready for the tasks that may be run on it; all but the first call do nothing. */
  prepare(agent: NodeAgent): void;
  /**
   * Connects again after `old` was lost, as soon as the node answers.
   *
   * @param limit milliseconds
   * @throws VirtbsError `vm-failed` where it does not answer in time
   */
  reopen(old: NodeAgent, limit: number): Promise<NodeAgent>;
}

export interface NodeOptions {
  readonly name: string;
  readonly command: AgentCommand;
  /** The folder of the node's records. */
  readonly folder: string;
  /** Tasks that may be run on it. */
  readonly tasks: readonly string[];
  /** Asked when the node does not answer: one that does not run is not waited for. */
  readonly standsStill?: () => Promise<'off' | 'paused' | null>;
  readonly signal: AbortSignal;
}

/** Milliseconds between two attempts to connect. */
const PAUSE = 1000;

/** The VM of a node does not run. */
class NodeStandsStill extends VirtbsError {
  constructor(name: string, power: 'off' | 'paused', cause: unknown) {
    const cure = power === 'off' ? 'start it' : '`virtbs start` lets it go on';
    super('vm-failed', `${name}: the VM is ${power}: ${cure}`, { cause });
  }
}

function isAway(error: unknown): error is VirtbsError {
  return error instanceof VirtbsError && error.code === 'vm-failed';
}

/** @throws VirtbsError `vm-failed` where the node cannot be reached */
export async function openNode(options: NodeOptions): Promise<TaskNode> {
  const { name, command, folder, tasks, standsStill, signal } = options;
  const open = async (): Promise<NodeAgent> => {
    try {
      return await openNodeAgent(command, { node: name, folder, signal });
    } catch (error) {
      const power = isAway(error) ? await standsStill?.() : null;
      if (power) throw new NodeStandsStill(name, power, error);
      throw error;
    }
  };
  const opened: NodeAgent[] = [];
  let current = open();
  const first = await current;
  opened.push(first);
  const records = new Map((await first.records()).map((record) => [record.task, record]));
  let reopening: { readonly old: NodeAgent; readonly work: Promise<NodeAgent> } | undefined;

  const connect = async (limit: number): Promise<NodeAgent> => {
    const end = performance.now() + limit;
    for (;;) {
      try {
        const agent = await open();
        opened.push(agent);
        return agent;
      } catch (error) {
        if (!isAway(error) || error instanceof NodeStandsStill || performance.now() > end) throw error;
      }
      await sleep(PAUSE, undefined, { signal });
    }
  };
  let ready = false;
  return {
    name,
    records,
    prepare(agent) {
      if (!ready) agent.make(tasks.filter((task) => !records.has(task)));
      ready = true;
    },
    agent: () => current,
    async reopen(old, limit) {
      // Several tasks of a node notice that it is lost; one of them connects.
      if ((await current.catch(() => old)) !== old) return await current;
      if (reopening?.old !== old) {
        const work = connect(limit);
        reopening = { old, work };
        current = work;
        work.catch(() => undefined);
      }
      return await reopening.work;
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(opened.map((agent) => agent[Symbol.asyncDispose]()));
    },
  };
}
