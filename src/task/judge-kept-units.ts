import type { KeptUnit } from '../checkpoint/kept-unit.js';
import { VirtbsError } from '../errors.js';
import { HERE, showUnit, unitId } from './task-graph.js';
import { describeChange, taskKey } from './task-key.js';
import { unitParts, type UnitDigests, type UnitFacts } from './unit-parts.js';

/** Whether what a checkpoint holds is what a run from nothing would have done by then. */
export type Verdict =
  | { readonly fits: true; readonly done: ReadonlyMap<string, KeptUnit> }
  | { readonly fits: false; readonly reason: string };

/**
 * Judges the tasks that a checkpoint holds: it fits if each of them is wanted now, by the key that it was done from. What a single one
 * of them did otherwise is in the memory of the VMs, and nobody can take it out.
 *
 * @param now milliseconds since 1970
 */
export function judgeKeptUnits(kept: readonly KeptUnit[], facts: UnitFacts, now: number): Verdict {
  const known = new Map(kept.map((unit) => [unitId(unit.task, unit.vm ?? HERE), unit]));
  const units = new Map(facts.graph.units.map((unit) => [unit.id, unit]));
  for (const [id, { task, vm }] of known) {
    if (!units.has(id)) return misfit(`${task} is not wanted ${vm === null ? 'here' : `on ${vm}`}`);
  }
  const done = new Map<string, UnitDigests>();
  for (const unit of facts.graph.units) {
    const found = known.get(unit.id);
    if (!found) continue;
    const { cache } = unit.task;
    if (cache === 0) return misfit(`${unit.task.name} says "cache: never"`);
    const age = now - Date.parse(found.ended);
    // A time that is to come says that a clock was set: nobody knows the age.
    if (cache !== null && !(age >= 0 && age <= cache)) return misfit(`${showUnit(unit)} is older than its "cache"`);
    const missing = unit.after.find((id) => !done.has(id));
    if (missing !== undefined) return misfit(`${showUnit(unit)} now wants ${units.get(missing)?.task.name ?? missing}`);
    const change = changeOf(() => describeChange(found.parts, unitParts(unit, facts, done)));
    if (change !== null) return misfit(`${unit.task.name}: ${change}`);
    if (found.key !== taskKey(found.parts)) return misfit(`what is known of ${unit.task.name} cannot be right`);
    done.set(unit.id, found);
  }
  const brittle = facts.graph.units.filter(({ id, task }) => task.checkpoint === 'never' && known.has(id));
  for (const { id, task } of brittle) {
    const wanter = facts.graph.units.find((unit) => unit.after.includes(id) && !known.has(unit.id));
    if (wanter) return misfit(`${task.name} says "checkpoint: never", and ${showUnit(wanter)} is not done`);
  }
  return { fits: true, done: known };
}

function misfit(reason: string): Verdict {
  return { fits: false, reason };
}

function changeOf(work: () => string | null): string | null {
  try {
    return work();
  } catch (error) {
    if (error instanceof VirtbsError) return error.message;
    throw error;
  }
}
