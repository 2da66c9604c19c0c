import { appendFile, mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { VirtbsError } from '../errors.js';
import type { VerbContext } from '../events.js';
import { taskPaths } from '../filenames.js';
import { Secrets } from '../secrets.js';
import { doUnit } from './do-unit.js';
import { noteUnit, tellUnit, type TaskRun } from './task-run.js';
import { makeTaskGraph } from './make-task-graph.js';
import { runGraph, type UnitEnd } from './run-graph.js';
import { keepBetween } from './keep-between.js';
import { prepareTasks } from './prepare-tasks.js';
import { showUnit, type TaskGraph } from './task-graph.js';
import type { DoOptions, DoResult } from './do-options.js';
import { unitDigests } from './unit-parts.js';
import { openTaskNodes } from './task-nodes.js';

/** Tasks that may run at once on one node. */
const PER_NODE = 32;

/**
 * Does the tasks of a slice: each as soon as what it wants is done, on all its VMs at once; what is done already is skipped.
 *
 * The caller holds the slice's lock, but for a dry run.
 *
 * @throws VirtbsError `task-failed` with every failed unit, after all that does not depend on them is done; `plan-invalid` for tasks
 *   that match no VM; `cancelled` once what runs was ended
 */
export async function doTasks(options: DoOptions, { emit, signal }: VerbContext): Promise<DoResult> {
  const { plan, dryRun, stop, cache } = options;
  const { graph, tasks, sources, secrets } = options.prepared ?? (await prepareTasks(options));
  const hidden = new Secrets();
  for (const secret of Object.values(secrets)) hidden.add(secret);
  await using nodes = openTaskNodes(graph, options, signal);
  const run: TaskRun = {
    options,
    graph,
    tasks,
    counts: countUnits(graph),
    sources,
    secrets,
    hidden,
    nodes,
    units: new Map(),
    parts: new Map(),
    digests: new Map(),
    emit,
  };
  const keeping = cache?.keeper ? keepBetween(run, cache.keeper) : undefined;
  const ends = await runGraph(graph, {
    signal,
    stop,
    perNode: PER_NODE,
    perform: (unit, done, ending) => doUnit(run, unit, { done, signal: ending }),
    onEnd: (end) => {
      if (end.outcome === 'ran' || end.outcome === 'skipped') run.digests.set(end.unit.id, unitDigests(end));
      noteEnd(run, end);
      keeping?.note(end);
    },
    rest: keeping,
  });
  const units = graph.units.flatMap(({ id }) => run.units.get(id) ?? []);
  const result: DoResult = { version: 1, slice: plan.slice, dryRun, units };
  await writeHistory(options, result);
  if (signal.aborted) throw new VirtbsError('cancelled', `slice ${plan.slice}: interrupted: what ran was ended`);
  const failure = describeFailures(ends, run);
  if (failure) throw failure;
  return result;
}

/** Removes all that is known of tasks, so that they are run at the next time. */
export async function forgetTasks(options: DoOptions, { signal }: VerbContext): Promise<void> {
  const { plan, tasks, goals, place } = options;
  const graph = makeTaskGraph({ tasks, vms: plan.vms, goals, place });
  const named = graph.units.filter(({ task }) => goals.includes(task.name) || goals.length === 0);
  await using nodes = openTaskNodes({ units: named }, options, signal);
  await nodes.forget(named);
}

function countUnits({ units }: TaskGraph): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { task } of units) counts.set(task.name, (counts.get(task.name) ?? 0) + 1);
  return counts;
}

function noteEnd(run: TaskRun, end: UnitEnd): void {
  const { unit, outcome } = end;
  const known = run.units.get(unit.id);
  if (known?.outcome === 'would-run') return;
  const why =
    end.outcome === 'failed'
      ? run.hidden.hide(end.error.message)
      : end.outcome === 'blocked'
        ? `${end.by.map(showUnit).join(', ')} failed`
        : (known?.why ?? null);
  noteUnit(run, unit, {
    ...known,
    outcome,
    why,
    ended: outcome === 'ran' || outcome === 'skipped' ? (known?.ended ?? null) : null,
  });
  tellUnit(run, unit, { state: outcome, why, milliseconds: known?.milliseconds ?? 0 });
}

/** Adds a line for each unit that was not done before to the slice's history on this machine. */
async function writeHistory({ paths }: DoOptions, { units, dryRun }: DoResult): Promise<void> {
  if (dryRun) return;
  const { history } = taskPaths(paths);
  const time = new Date().toISOString();
  const lines = units.filter(({ outcome }) => outcome !== 'skipped').map((unit) => JSON.stringify({ time, ...unit }));
  if (lines.length === 0) return;
  await mkdir(dirname(history), { recursive: true, mode: 0o700 });
  await appendFile(history, `${lines.join('\n')}\n`, { mode: 0o600 });
}

function describeFailures(ends: readonly UnitEnd[], { options, units, hidden }: TaskRun): VirtbsError | undefined {
  const failed = ends.flatMap((end) => (end.outcome === 'failed' ? [end] : []));
  const [first] = failed;
  if (!first) return undefined;
  const lines = failed.map(({ unit, error }) => {
    const log = units.get(unit.id)?.log ?? null;
    return `${hidden.hide(error.message)}${log === null ? '' : `\n    log: ${log}`}`;
  });
  const blocked = ends.filter(({ outcome }) => outcome === 'blocked').length;
  if (blocked > 0) lines.push(`not begun, as they want what failed: ${blocked}`);
  const own = failed.length === 1 && first.error instanceof VirtbsError ? first.error.hint : undefined;
  return new VirtbsError('task-failed', lines.join('\n'), {
    hint: own ?? `mend it, and go on with: ${options.commandLine(['do', ...options.goals])}`,
    cause: first.error,
  });
}
