import { VirtbsError } from '../errors.js';
import { listSome } from '../text/list-some.js';
import { taskPaths } from '../filenames.js';
import { decideUnit, performUnit, RECONNECT } from './perform-unit.js';
import { refreshUnit } from './refresh-unit.js';
import type { UnitResult } from './run-graph.js';
import { HERE, showUnit, type TaskUnit } from './task-graph.js';
import { editedSources } from './edited-sources.js';
import { EDITED, taskKey, type TaskKeyParts } from './task-key.js';
import { openTaskLog } from './task-log.js';
import { noteUnit, tellUnit, type TaskRun } from './task-run.js';
import { takenValues } from './task-values.js';
import { taskView } from './task-view.js';
import { unitParts } from './unit-parts.js';
import { unitRequest } from './unit-request.js';

interface EditedUnit {
  /** The parts of the key before it ran. */
  readonly parts: TaskKeyParts;
  /** The names of parts. */
  readonly edited: readonly string[];
  readonly result: UnitResult;
}

/** Does one unit where it is not done yet, or says what would be done. */
export async function doUnit(
  run: TaskRun,
  unit: TaskUnit,
  { done, signal }: { readonly done: ReadonlyMap<string, UnitResult>; readonly signal: AbortSignal },
): Promise<UnitResult> {
  const { options, graph, hidden, nodes } = run;
  const { plan, dryRun } = options;
  const { task } = unit;
  const values = takenValues(unit, { graph, done });
  const secrets = Object.fromEntries(task.sees.map((name) => [name, run.secrets[name] ?? '']));
  const view = taskView(task, plan, unit.node === HERE ? null : unit.node);
  const sources = run.sources.get(task.name) ?? { digests: {}, script: null, onRestore: null };
  const parts = unitParts(unit, { ...options, ...run }, run.digests);
  run.parts.set(unit.id, parts);
  const key = taskKey(parts);
  const record = await nodes.record(unit);
  const ended = record && record.code === 0 ? new Date(record.ended * 1000).toISOString() : null;
  if (options.done.includes(task.name) && !dryRun) {
    await nodes.markDone(unit, { parts, values: {} });
    noteUnit(run, unit, { outcome: 'skipped', why: 'said to be done' });
    return { outcome: 'skipped', key, values: {} };
  }
  const decision = decideUnit(task, record, { parts, again: options.again.includes(task.name) });
  if (decision.action !== 'skip' && options.cache?.restored.has(unit.id) === true) {
    throw new VirtbsError('task-broken', `${showUnit(unit)}: it came back from a checkpoint, and ${decision.why}`, {
      hint: `the checkpoint is no good: virtbs -s ${plan.slice} checkpoint rm --all; then build the slice anew`,
    });
  }
  const gifts = { plan, outputDirectory: options.outputDirectory, values, secrets, view, sources };
  if (decision.action === 'skip') {
    if (!dryRun) await refreshUnit(run, unit, { node: await nodes.get(unit.node), parts, gifts, signal });
    noteUnit(run, unit, { outcome: 'skipped', why: null, ended });
    return { outcome: 'skipped', key, values: await nodes.values(unit) };
  }
  if (dryRun) {
    const unknown = task.takes.filter((name) => values[name] === undefined);
    const why =
      unknown.length > 0
        ? `it takes ${unknown.join(', ')}, which is not given yet`
        : (options.absent?.get(unit.node) ?? decision.why);
    noteUnit(run, unit, { outcome: 'would-run', why, ended });
    return { outcome: 'ran', key, values: ended === null ? {} : await nodes.values(unit).catch(() => ({})) };
  }
  if (decision.action === 'refuse') {
    const again = options.commandLine(['do', '--again', task.name]);
    throw new VirtbsError('task-broken', `${showUnit(unit)}: ${decision.why}`, {
      hint: `restore a snapshot from before it, or run it from its start: ${again}`,
    });
  }
  const path = taskPaths(options.paths).log(task.name, unit.node === HERE ? 'here' : unit.node);
  noteUnit(run, unit, { outcome: 'ran', why: decision.why, log: path });
  tellUnit(run, unit, { state: 'running', why: decision.why });
  await using log = await openTaskLog(path, hidden);
  const began = performance.now();
  try {
    const result = await performUnit({
      unit,
      node: await nodes.get(unit.node),
      parts,
      decision,
      request: await unitRequest(unit, gifts, signal),
      log,
      signal,
      next: options.commandLine(['do', ...options.goals]),
      reconnect: RECONNECT,
      onRetry: (attempt, reason) =>
        tellUnit(run, unit, { state: 'retry', why: `attempt ${attempt} failed: ${hidden.hide(reason)}` }),
    });
    const edited = await editedSources(task, sources, options.place);
    if (edited.length > 0) return await noteEdited(run, unit, { parts, edited, result });
    if (unit.node === HERE) await nodes.markDone(unit, { parts, values: result.values });
    return result;
  } finally {
    const milliseconds = Math.round(performance.now() - began);
    noteUnit(run, unit, {
      outcome: 'ran',
      why: decision.why,
      log: path,
      ended: new Date().toISOString(),
      milliseconds,
    });
  }
}

/** Gives a unit a key that no later one can have: nobody knows whether it read a file before or after that was edited. */
async function noteEdited(run: TaskRun, unit: TaskUnit, { parts, edited, result }: EditedUnit): Promise<UnitResult> {
  const known = { ...parts, ...Object.fromEntries(edited.map((name) => [name, EDITED])) };
  run.parts.set(unit.id, known);
  await run.nodes.markDone(unit, { parts: known, values: result.values });
  const message = `${showUnit(unit)}: ${listSome(edited)} changed while it ran: the next run does it again`;
  run.emit({ type: 'warning', message });
  return { ...result, key: taskKey(known) };
}
