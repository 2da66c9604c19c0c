import { setMaxListeners } from 'node:events';
import { VirtbsError } from '../errors.js';
import type { TaskGraph, TaskUnit } from './task-graph.js';

/** The result of a unit that was done. */
export interface UnitResult {
  /** Whether it was run now, or found done. */
  readonly outcome: 'ran' | 'skipped';
  /** The key that it was done from: see `taskKey`. */
  readonly key: string;
  /** By name. */
  readonly values: Readonly<Record<string, string>>;
}

export type UnitEnd =
  | ({ readonly unit: TaskUnit } & UnitResult)
  | { readonly unit: TaskUnit; readonly outcome: 'failed'; readonly error: Error }
  /** Something that it needs failed, or was not run either. */
  | { readonly unit: TaskUnit; readonly outcome: 'blocked'; readonly by: readonly TaskUnit[] }
  /** The unit was ended, or not begun, because the run was to stop. */
  | { readonly unit: TaskUnit; readonly outcome: 'stopped' };

export interface GraphRun {
  /** Does one unit; `done` are the results of all that it needs, by id. Called once for each unit at most. */
  readonly perform: (unit: TaskUnit, done: ReadonlyMap<string, UnitResult>, signal: AbortSignal) => Promise<UnitResult>;
  /** Called as each unit ends. */
  readonly onEnd?: (end: UnitEnd) => void;
  readonly signal: AbortSignal;
  /** True if the first failure ends what runs. */
  readonly stop: boolean;
  /** The most units that may run at once on one node. */
  readonly perNode: number;
  readonly rest?: GraphRest | undefined;
}

/** Moments in which no unit runs. */
export interface GraphRest {
  /** True if no unit is to begin before the next such moment. */
  readonly wanted: () => boolean;
  /** True for a unit that begins only when all others have ended. Whatever needs it is held, too. */
  readonly holds: (unit: TaskUnit) => boolean;
  /** Called when no unit runs, once after units have ended; none begins before it is done. `isEnd`: all units that are not held have ended. */
  readonly take: (isEnd: boolean) => Promise<void>;
}

/**
 * Does every unit as soon as all that it needs is done; any number at once, at most `perNode` on a node. A failure blocks what needs
 * the unit and nothing else.
 *
 * @returns how each unit ended, in the order of the graph
 * @throws what `perform` throws that is no VirtbsError, after all that ran has ended
 */
export async function runGraph(graph: TaskGraph, run: GraphRun): Promise<readonly UnitEnd[]> {
  const { perform, onEnd, stop, perNode, rest } = run;
  const units = new Map(graph.units.map((unit) => [unit.id, unit]));
  const waiting = new Map(graph.units.map((unit) => [unit.id, new Set(unit.after)]));
  const needers = new Map<string, TaskUnit[]>();
  for (const unit of graph.units) {
    for (const id of unit.after) {
      const others = needers.get(id);
      if (others) others.push(unit);
      else needers.set(id, [unit]);
    }
  }
  const ready: TaskUnit[] = graph.units.filter(({ after }) => after.length === 0);
  const running = new Map<string, number>();
  /** Units that are ready on a node where no more may run, in their order. */
  const full = new Map<string, TaskUnit[]>();
  /** Units that are ready and held. */
  const held: TaskUnit[] = [];
  const results = new Map<string, UnitResult>();
  const ends = new Map<string, UnitEnd>();
  const stopping = new AbortController();
  const signal = AbortSignal.any([run.signal, stopping.signal]);
  setMaxListeners(0, signal); // every unit that runs waits for it
  const bugs: unknown[] = [];
  let resolve = (): void => undefined;
  const allEnded = new Promise<void>((done) => {
    resolve = done;
  });

  const end = (how: UnitEnd): void => {
    const { id } = how.unit;
    ends.set(id, how);
    onEnd?.(how);
    if (how.outcome === 'ran' || how.outcome === 'skipped') {
      results.set(id, how);
      for (const needer of needers.get(id) ?? []) {
        const left = waiting.get(needer.id);
        left?.delete(id);
        if (left?.size === 0 && !ends.has(needer.id)) ready.push(needer);
      }
    } else if (how.outcome !== 'stopped') {
      if (stop) stopping.abort();
      for (const needer of needers.get(id) ?? []) if (!ends.has(needer.id)) end(blocked(needer));
    }
  };
  const blocked = (unit: TaskUnit): UnitEnd => {
    const by = unit.after.flatMap((id) => {
      const how = ends.get(id);
      return how?.outcome === 'failed' ? [how.unit] : how?.outcome === 'blocked' ? how.by : [];
    });
    return { unit, outcome: 'blocked', by: [...new Set(by)] };
  };
  const work = async (unit: TaskUnit): Promise<void> => {
    running.set(unit.node, (running.get(unit.node) ?? 0) + 1);
    let how: UnitEnd;
    try {
      how = { unit, ...(await perform(unit, results, signal)) };
    } catch (error) {
      how = signal.aborted
        ? { unit, outcome: 'stopped' }
        : { unit, outcome: 'failed', error: error instanceof Error ? error : new Error(String(error)) };
      if (!(error instanceof VirtbsError) && !signal.aborted) bugs.push(error);
    }
    running.set(unit.node, (running.get(unit.node) ?? 1) - 1);
    const next = full.get(unit.node)?.shift();
    if (next) ready.push(next);
    end(how);
    advance();
  };
  const park = (unit: TaskUnit): void => {
    const others = full.get(unit.node);
    if (others) others.push(unit);
    else full.set(unit.node, [unit]);
  };
  const isIdle = (): boolean => [...running.values()].every((count) => count === 0);
  let rested = 0;
  let isResting = false;
  const takeRest = async (taken: GraphRest): Promise<void> => {
    isResting = true;
    rested = ends.size;
    try {
      await taken.take(isFreeEnd());
    } catch (error) {
      stopping.abort();
      bugs.push(error);
    }
    isResting = false;
    advance();
  };
  let open = 0;
  /** What has ended stays so, and so does what is held: no unit is looked at again that was one of them. */
  const isFreeEnd = (): boolean => {
    for (; open < graph.units.length; open++) {
      const unit = graph.units[open];
      if (unit && !ends.has(unit.id) && rest?.holds(unit) !== true) return false;
    }
    return true;
  };
  const advance = (): void => {
    if (isResting) return;
    if (rest && !signal.aborted && isIdle() && ends.size > rested) return void takeRest(rest);
    if (!signal.aborted && rest?.wanted() !== true) {
      if (held.length > 0 && isFreeEnd()) ready.push(...held.splice(0));
      for (const unit of ready.splice(0)) {
        if (ends.has(unit.id)) continue;
        const { node } = unit;
        if (rest?.holds(unit) === true && !isFreeEnd()) held.push(unit);
        else if ((running.get(node) ?? 0) < perNode) void work(unit);
        else park(unit);
      }
    }
    if (isIdle()) resolve();
  };
  advance();
  await allEnded;
  for (const unit of units.values()) if (!ends.has(unit.id)) end({ unit, outcome: 'stopped' });
  if (bugs.length > 0) throw bugs[0];
  return graph.units.flatMap(({ id }) => ends.get(id) ?? []);
}
