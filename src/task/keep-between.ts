import type { KeptUnit } from '../checkpoint/kept-unit.js';
import type { TaskRun } from './task-run.js';
import { KeepPolicy } from './keep-policy.js';
import type { GraphRest, UnitEnd, UnitResult } from './run-graph.js';
import { HERE } from './task-graph.js';
import type { TaskKeeper } from './task-cache.js';
import { EDITED } from './task-key.js';
import { unitDigests } from './unit-parts.js';

export interface Keeping extends GraphRest {
  /** Notes how a unit ended. */
  readonly note: (end: UnitEnd) => void;
}

/** Keeps the slice while its tasks run: in moments in which none runs, where that is asked for or pays, and when all is done. */
export function keepBetween(run: TaskRun, keeper: TaskKeeper): Keeping {
  const { graph, nodes } = run;
  const policy = new KeepPolicy({ graph, cost: keeper.cost });
  const results = new Map<string, UnitResult>();
  /** When the first unit began that ended since no unit ran; the time to connect is not saved by a restore. */
  let began = Infinity;
  return {
    wanted: () => policy.asks,
    holds: (unit) => policy.holds(unit),
    note(end) {
      policy.note(end);
      const took = run.units.get(end.unit.id)?.milliseconds ?? 0;
      if (end.outcome === 'ran') began = Math.min(began, performance.now() - took);
      if (end.outcome === 'ran' || end.outcome === 'skipped') results.set(end.unit.id, end);
    },
    async take(isEnd) {
      const worked = Math.max(0, performance.now() - began);
      began = Infinity;
      if (!policy.decide(worked, isEnd) || isEdited(run)) return;
      // A session that waits for orders is not to wait for them again in every VM that comes back.
      await nodes.close();
      await keeper.keep(keptUnits(run, results), !isEnd);
      policy.kept();
    },
  };
}

/** True if nobody knows what a task has read: nothing that was kept with it could be used. */
function isEdited({ parts }: TaskRun): boolean {
  return [...parts.values()].some((each) => Object.values(each).includes(EDITED));
}

function keptUnits(run: TaskRun, results: ReadonlyMap<string, UnitResult>): readonly KeptUnit[] {
  return run.graph.units.flatMap(({ id, task, node }): KeptUnit[] => {
    const [result, parts, told] = [results.get(id), run.parts.get(id), run.units.get(id)];
    if (!result || !parts) return [];
    const before = run.options.cache?.restored.get(id);
    const { key, gives } = unitDigests(result);
    return [
      {
        task: task.name,
        vm: node === HERE ? null : node,
        key,
        parts,
        gives,
        ended: before?.ended ?? told?.ended ?? new Date().toISOString(),
        milliseconds: before?.milliseconds ?? told?.milliseconds ?? 0,
      },
    ];
  });
}
