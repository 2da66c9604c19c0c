import type { UnitEnd } from './run-graph.js';
import type { TaskGraph, TaskUnit } from './task-graph.js';

export interface KeepPolicyOptions {
  readonly graph: TaskGraph;
  /** Milliseconds that keeping takes, about. */
  readonly cost: number;
}

/** Says when a slice is kept while its tasks run. Keeps nothing itself. */
export class KeepPolicy {
  readonly #graph: TaskGraph;
  readonly #cost: number;
  readonly #held: ReadonlySet<string>;
  readonly #done = new Set<string>();
  #worked = 0;
  #hasNew = false;
  #isLost = false;
  #isAsked = false;

  constructor({ graph, cost }: KeepPolicyOptions) {
    this.#graph = graph;
    this.#cost = cost;
    this.#held = uncachedUnits(graph);
  }

  /** True for a unit after which nothing may be kept: it waits until all others are done. */
  holds({ id }: TaskUnit): boolean {
    return this.#held.has(id);
  }

  /** True if no unit is to begin before the slice was kept. */
  get asks(): boolean {
    return this.#isAsked && !this.#isLost;
  }

  note({ unit, outcome }: UnitEnd): void {
    if (outcome === 'blocked') return;
    if (outcome === 'failed' || outcome === 'stopped' || this.#held.has(unit.id)) {
      this.#isLost = true;
      return;
    }
    this.#done.add(unit.id);
    if (outcome === 'skipped') return;
    this.#hasNew = true;
    const { task } = unit;
    if (task.checkpoint === 'after' && this.#isDone(({ task: each }) => each === task)) this.#isAsked = true;
  }

  /**
   * Says whether the slice is kept now, while no unit runs.
   *
   * @param worked milliseconds since no unit ran the last time
   * @param isEnd whether nothing is left that could be kept later
   */
  decide(worked: number, isEnd: boolean): boolean {
    this.#worked += worked;
    const asked = this.#isAsked;
    this.#isAsked = false;
    if (this.#isLost || !this.#hasNew || this.#bearsNoPause()) return false;
    return isEnd || asked || this.#worked > this.#cost;
  }

  /** Notes that the slice was kept, or could not be. */
  kept(): void {
    this.#hasNew = false;
    this.#worked = 0;
  }

  #isDone(which: (unit: TaskUnit) => boolean): boolean {
    return this.#graph.units.filter(which).every(({ id }) => this.#done.has(id));
  }

  /** A task that says `never` is done, and something that wants it is not. */
  #bearsNoPause(): boolean {
    const { units } = this.#graph;
    const brittle = units.filter(({ id, task }) => task.checkpoint === 'never' && this.#done.has(id));
    return brittle.some(({ id }) => !this.#isDone(({ after }) => after.includes(id)));
  }
}

/** Tells whether a slice in which these units are done is kept once more when its tasks have run to their end. */
export function isKeptLater(graph: TaskGraph, done: ReadonlyMap<string, unknown>): boolean {
  const held = uncachedUnits(graph);
  return graph.units.some(({ id }) => !done.has(id) && !held.has(id));
}

/** Returns the units that are never kept, and all that want them. */
function uncachedUnits({ units }: TaskGraph): ReadonlySet<string> {
  const held = new Set<string>();
  // Each unit comes after all that it needs.
  for (const { id, task, after } of units) if (task.cache === 0 || after.some((each) => held.has(each))) held.add(id);
  return held;
}
