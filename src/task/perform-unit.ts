import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod';
import type { TaskSettings } from '../config/task-settings.js';
import { VirtbsError } from '../errors.js';
import type { NodeAgent } from './node-agent.js';
import type { NodeRecord, TaskEnd } from './node-record.js';
import type { TaskNode } from './open-nodes.js';
import type { UnitResult } from './run-graph.js';
import { startScript } from './start-script.js';
import type { UnitRequest } from './unit-request.js';
import { TaskExit } from './task-exit.js';
import { describeChange, taskKey, type TaskKeyParts } from './task-key.js';
import { LOG_TAIL, MOST_LOG, type TaskLog } from './task-log.js';
import { readGiven } from './read-given.js';
import { showUnit, type TaskUnit } from './task-graph.js';

/** The schema of what is kept with a task on its node, as JSON on one line. */
const keptKey = z.object({ key: z.string(), parts: z.record(z.string(), z.string()) });

/** The decision about a unit, and its reason. */
export type UnitDecision =
  | { readonly action: 'skip' }
  /** The unit runs already; a virtbs that is gone began it. */
  | { readonly action: 'wait'; readonly why: string }
  | { readonly action: 'run'; readonly why: string }
  /** The unit was broken off half-way, and may not be run again. */
  | { readonly action: 'refuse'; readonly why: string };

/** The reason for a unit that its node knows nothing of. */
export const NOT_RUN_YET = 'it was not run yet';

/** Says what is to be done with a unit, from what its node knows of it. @param again whether a person asks for it anyway */
export function decideUnit(
  { repeatable }: Pick<TaskSettings, 'repeatable'>,
  record: NodeRecord | undefined,
  { parts, again }: { readonly parts: TaskKeyParts; readonly again: boolean },
): UnitDecision {
  if (!record) return { action: 'run', why: NOT_RUN_YET };
  const kept = parseKey(record.key);
  const change = kept ? describeChange(kept.parts, parts) : 'what is known of its last run cannot be read';
  if (record.running) {
    return change === null
      ? { action: 'wait', why: 'it runs already' }
      : { action: 'refuse', why: `it still runs as it was begun, and ${change} since` };
  }
  if (again) return { action: 'run', why: 'asked for by --again' };
  const halfWay = record.code === null ? 'it was broken off half-way' : record.stopped ? 'it was ended half-way' : null;
  if (halfWay !== null && !repeatable) return { action: 'refuse', why: halfWay };
  if (record.code === null || (record.stopped && record.code === 0)) return { action: 'run', why: halfWay ?? '' };
  if (record.code !== 0) return { action: 'run', why: `it failed with exit code ${record.code}` };
  return change === null ? { action: 'skip' } : { action: 'run', why: change };
}

function parseKey(text: string): z.infer<typeof keptKey> | undefined {
  try {
    return keptKey.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

export interface Performance {
  readonly unit: TaskUnit;
  readonly node: TaskNode;
  readonly parts: TaskKeyParts;
  readonly decision: UnitDecision;
  readonly request: UnitRequest;
  readonly log: TaskLog;
  readonly signal: AbortSignal;
  /** The command that goes on after a failure; for hints. */
  readonly next: string;
  /** Called before each further attempt. */
  readonly onRetry: (attempt: number, reason: string) => void;
  /** Milliseconds for a node that was lost to answer again. */
  readonly reconnect: number;
}

/** Milliseconds for a node that was lost to answer again. */
export const RECONNECT = 180_000;

/** Milliseconds between TERM and KILL for a task that is ended. */
const GRACE = 10_000;

/** Milliseconds after which the output of a task that still runs is read, and between two readings. */
const LOG_PAUSE = 1000;

/** Bytes of a log that are asked for at once. */
const READ_BYTES = 1024 * 1024;

/** Lines that an error shows of a task's output. */
const SHOWN_LINES = 10;

/**
 * Runs a unit, or waits for the one that runs, and tries again as often as its task says.
 *
 * @throws VirtbsError `task-failed` with the last lines of its output; `task-broken` where its node went down meanwhile; `timeout`;
 *   `vm-failed` where the node does not answer any more
 */
export async function performUnit(performance: Performance): Promise<UnitResult> {
  const { unit, parts, decision, signal, onRetry } = performance;
  const { retries } = unit.task;
  for (let attempt = 1; ; attempt++) {
    try {
      const values = await attemptUnit(performance, attempt === 1 && decision.action === 'wait');
      return { outcome: 'ran', key: taskKey(parts), values };
    } catch (error) {
      if (signal.aborted || !(error instanceof VirtbsError) || attempt > retries.count) throw error;
      if (error.code !== 'task-failed' && error.code !== 'timeout' && error.code !== 'task-broken') throw error;
      if (error.code !== 'task-failed' && !unit.task.repeatable) throw error; // it was ended half-way
      onRetry(attempt, error.message.split('\n')[0] ?? '');
      await sleep(retries.pause, undefined, { signal });
    }
  }
}

/** Returns the values that the task gave. */
async function attemptUnit(performance: Performance, running: boolean): Promise<Record<string, string>> {
  const { unit, node, parts, log, next } = performance;
  const { start, put } = performance.request;
  const { task } = unit;
  const agent = await node.agent();
  if (!running) {
    node.prepare(agent);
    for (const [name, content] of Object.entries(put)) agent.put(task.name, name, content);
  }
  const key = JSON.stringify({ key: taskKey(parts), parts });
  const script = running ? null : Buffer.from(startScript({ ...start, key }));
  const { end, agent: ended } = await awaitEnd(performance, agent, script);
  const where = showUnit(unit);
  if (end.unrecorded) throw unrecorded(where, performance, end.unrecorded);
  const last = end.hasLog || running ? await fetchOutput(performance, ended) : ended;
  if (end.code === null) {
    throw new VirtbsError('task-broken', `${where}: it was broken off: its processes are gone without an exit code`, {
      hint: unit.task.repeatable ? `run it again: ${next}` : 'restore a snapshot from before it',
    });
  }
  if (end.code !== null && end.code !== 0) {
    const lines = log.tail(SHOWN_LINES).map((line) => `\n    ${line}`);
    throw new VirtbsError('task-failed', `${where}: exit code ${end.code}${lines.join('')}`, {
      cause: new TaskExit(end.code),
    });
  }
  if (task.reboots) last.mark(task.name, Math.round(Date.now() / 1000));
  return await readGiven(last, task);
}

function unrecorded(where: string, { node, next }: Performance, when: 'begin' | 'end'): VirtbsError {
  const what = when === 'begin' ? 'not run' : 'it ended, and is not taken for done';
  return new VirtbsError('task-broken', `${where}: ${what}: its record cannot be written on ${node.name}`, {
    hint: `make room on the disk of ${node.name}, which is full or read-only, and go on with: ${next}`,
  });
}

interface AttemptEnd {
  readonly end: TaskEnd;
  /** The connection that the end came by. */
  readonly agent: NodeAgent;
}

/** Starts the task where it does not run yet, and waits until it ends, through lost connections, and ends it when its time is over or the run is to stop. */
async function awaitEnd(performance: Performance, first: NodeAgent, script: Uint8Array | null): Promise<AttemptEnd> {
  const { unit, node, log, signal, reconnect } = performance;
  const { task } = unit;
  let agent = first;
  let timedOut = false;
  let killing: NodeJS.Timeout | undefined;
  const stop = (): void => {
    agent.stop(task.name, 'TERM');
    killing ??= setTimeout(() => agent.stop(task.name, 'KILL'), GRACE);
  };
  const limit = Math.max(reconnect, task.reboots ? (task.timeout ?? 0) : 0);
  const timer =
    task.timeout === null
      ? undefined
      : setTimeout(() => {
          timedOut = true;
          stop();
        }, task.timeout);
  signal.addEventListener('abort', stop, { once: true });
  let end = script === null ? agent.wait(task.name) : agent.start(task.name, script);
  const following = followLog(() => agent, task.name, log);
  try {
    if (signal.aborted) stop();
    for (;;) {
      try {
        const found = await end;
        if (signal.aborted) throw new VirtbsError('cancelled', `${showUnit(unit)}: ended`);
        if (timedOut) {
          throw new VirtbsError(
            'timeout',
            `${showUnit(unit)}: not done within ${Math.round((task.timeout ?? 0) / 1000)} s`,
            {
              hint: `give it a longer "timeout", and go on with: ${performance.next}`,
            },
          );
        }
        if (!task.reboots || !ENDS_OF_REBOOT.has(found.code)) return { end: found, agent };
        const { boot } = agent;
        agent = await awaitReboot(unit, node, { agent, limit });
        return { end: { ...found, code: agent.boot === boot ? found.code : 0 }, agent };
      } catch (error) {
        if (!(error instanceof VirtbsError) || error.code !== 'vm-failed' || signal.aborted) throw error;
        const { boot } = agent;
        agent = await node.reopen(agent, limit);
        if (agent.boot !== boot) {
          const found = await agent.wait(task.name);
          return { end: task.reboots ? { ...found, code: 0 } : found, agent };
        }
        end = agent.wait(task.name);
      }
    }
  } finally {
    signal.removeEventListener('abort', stop);
    clearTimeout(timer);
    clearTimeout(killing);
    await following[Symbol.asyncDispose]();
  }
}

/** Exit codes of an action that reboots its VM: well, ended by the shutdown, or broken off by it. */
const ENDS_OF_REBOOT: ReadonlySet<number | null> = new Set([0, 128 + 15, null]);

/** Waits until the VM has gone down and is back. @throws VirtbsError `task-failed` where it does not go down */
async function awaitReboot(
  unit: TaskUnit,
  node: TaskNode,
  { agent, limit }: { readonly agent: NodeAgent; readonly limit: number },
): Promise<NodeAgent> {
  const ended = new AbortController();
  const late = sleep(limit, undefined, { signal: ended.signal }).then(
    () => true,
    () => false,
  );
  const isLate = await Promise.race([agent.lost.then(() => false), late]);
  ended.abort();
  if (isLate) throw new VirtbsError('task-failed', `${showUnit(unit)}: it says "reboots", and its VM did not go down`);
  return await node.reopen(agent, limit);
}

/** Copies the output of a task that runs for long, as it comes. */
function followLog(agent: () => NodeAgent, task: string, log: TaskLog): AsyncDisposable {
  const ended = new AbortController();
  const follow = async (): Promise<void> => {
    for (;;) {
      await sleep(LOG_PAUSE, undefined, { signal: ended.signal });
      if (log.size < MOST_LOG) await log.add(await agent().read(task, 'log', { from: log.size, most: READ_BYTES }));
    }
  };
  const following = follow().catch(() => undefined); // its end, or a node that is lost, which is noticed elsewhere
  return {
    async [Symbol.asyncDispose]() {
      ended.abort();
      await following;
    },
  };
}

/**
 * Copies the output of a task that has ended, through one lost connection.
 *
 * @returns the connection as it is then
 * @throws VirtbsError `vm-failed` with the name of the task: the next call finds it done
 */
async function fetchOutput({ unit, node, log, reconnect }: Performance, first: NodeAgent): Promise<NodeAgent> {
  const { name } = unit.task;
  let agent = first;
  try {
    try {
      await copyLog(agent, name, log);
    } catch (error) {
      if (!(error instanceof VirtbsError) || error.code !== 'vm-failed') throw error;
      agent = await node.reopen(agent, reconnect);
      await copyLog(agent, name, log);
    }
    return agent;
  } catch (error) {
    if (!(error instanceof VirtbsError) || error.code !== 'vm-failed') throw error;
    const message = `${showUnit(unit)}: it ended, and its output could not be read: ${error.message}`;
    throw new VirtbsError('vm-failed', message, {
      ...(error.hint !== undefined && { hint: error.hint }),
      cause: error,
    });
  }
}

/** Copies what of the output is not there yet; of one that is very long, the middle is left out. */
async function copyLog(agent: NodeAgent, task: string, log: TaskLog): Promise<void> {
  while (log.size < MOST_LOG) {
    const bytes = await agent.read(task, 'log', { from: log.size, most: READ_BYTES });
    if (bytes.length > 0) await log.add(bytes);
    if (bytes.length < READ_BYTES) return;
  }
  const tail = Math.max(0, (await agent.size(task, 'log')) - LOG_TAIL);
  if (tail > log.size) await log.skip(tail - log.size, `${task}/log`);
  await log.add(await agent.read(task, 'log', { from: log.size, most: LOG_TAIL }));
}
