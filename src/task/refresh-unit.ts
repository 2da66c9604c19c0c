import { taskPaths } from '../filenames.js';
import type { TaskNode } from './open-nodes.js';
import { performUnit, RECONNECT } from './perform-unit.js';
import { HERE, restoredName, type TaskUnit } from './task-graph.js';
import type { TaskKeyParts } from './task-key.js';
import { openTaskLog } from './task-log.js';
import { tellUnit, type TaskRun } from './task-run.js';
import { unitRequest, type UnitGifts } from './unit-request.js';

export interface RefreshOptions {
  readonly node: TaskNode;
  readonly parts: TaskKeyParts;
  readonly gifts: UnitGifts;
  readonly signal: AbortSignal;
}

/**
 * Runs a task's `on_restore` where its work came back from a checkpoint, and where the last one failed: it puts right what cannot bear that
 * time has passed.
 *
 * @throws VirtbsError what `performUnit` throws
 */
export async function refreshUnit(
  run: TaskRun,
  unit: TaskUnit,
  { node, parts, gifts, signal }: RefreshOptions,
): Promise<void> {
  const { task } = unit;
  const { onRestore: path } = task;
  if (path === undefined) return;
  const refresh: TaskUnit = {
    ...unit,
    task: {
      ...task,
      name: restoredName(task.name),
      action: { kind: 'script', path, arguments: [] },
      ...{ files: [], packages: [], gives: [], unless: undefined, reboots: false },
    },
  };
  const last = await run.nodes.record(refresh);
  const isBroken = last !== undefined && last.code !== 0;
  if (run.options.cache?.restored.has(unit.id) !== true && !isBroken) return;
  tellUnit(run, unit, { state: 'running', why: 'its on_restore' });
  const logs = taskPaths(run.options.paths);
  await using log = await openTaskLog(
    logs.log(`${task.name}.on_restore`, unit.node === HERE ? 'here' : unit.node),
    run.hidden,
  );
  await performUnit({
    unit: refresh,
    node,
    parts,
    decision: { action: 'run', why: 'it came back from a checkpoint' },
    request: await unitRequest(
      refresh,
      { ...gifts, sources: { ...gifts.sources, script: gifts.sources.onRestore } },
      signal,
    ),
    log,
    signal,
    next: run.options.commandLine(['do', ...run.options.goals]),
    reconnect: RECONNECT,
    onRetry: (attempt, reason) =>
      tellUnit(run, unit, { state: 'retry', why: `attempt ${attempt} failed: ${run.hidden.hide(reason)}` }),
  });
}
