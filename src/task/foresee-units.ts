import type { KeptUnit } from '../checkpoint/kept-unit.js';
import type { DoneUnit } from './do-options.js';
import type { Verdict } from './judge-kept-units.js';
import { HERE, unitId, type TaskUnit } from './task-graph.js';
import { digestOf } from '../digest-of.js';
import { describeChange, taskKey } from './task-key.js';
import { unitParts, type UnitDigests, type UnitFacts } from './unit-parts.js';

/** The tasks that a checkpoint holds, and whether it can be used. */
export interface KnownUnits {
  readonly units: readonly KeptUnit[];
  readonly verdict: Verdict;
}

/**
 * Says of each unit whether it would come back done, or why it would be run.
 *
 * @param done the units that are done in the checkpoint that would be used, by id
 * @param known all checkpoints of the plan, the oldest first
 */
export function foreseeUnits(
  facts: UnitFacts,
  done: ReadonlyMap<string, KeptUnit>,
  known: readonly KnownUnits[],
): readonly DoneUnit[] {
  const digests = new Map<string, UnitDigests>(done);
  const newest = newestOf(known);
  return facts.graph.units.map((unit) => {
    const { task, node } = unit;
    const kept = done.get(unit.id);
    const named = { task: task.name, vm: node === HERE ? null : node, cache: task.cache, milliseconds: 0, log: null };
    if (kept) return { ...named, outcome: 'skipped', why: null, ended: kept.ended };
    const why = reasonOf(unit, { facts, digests, newest });
    return { ...named, outcome: 'would-run', why, ended: null };
  });
}

/** The reason for a unit that was never kept. */
export const NO_CHECKPOINT = 'no checkpoint holds it';

/** The part of a key for a value that nobody gave. */
const NOT_GIVEN = digestOf(null);

interface Known {
  readonly facts: UnitFacts;
  /** What of other units goes into keys, by id; this unit is added. */
  readonly digests: Map<string, UnitDigests>;
  readonly newest: ReadonlyMap<string, KnownUnit>;
}

/** A unit in the newest checkpoint that holds it. */
interface KnownUnit {
  readonly before: KeptUnit;
  readonly verdict: Verdict;
}

/** Returns the units of all checkpoints by id. @param known the oldest first */
function newestOf(known: readonly KnownUnits[]): ReadonlyMap<string, KnownUnit> {
  return new Map(
    known.flatMap(({ units, verdict }) =>
      units.map((before) => [unitId(before.task, before.vm ?? HERE), { before, verdict }] as const),
    ),
  );
}

function reasonOf(unit: TaskUnit, { facts, digests, newest }: Known): string {
  const { task, id } = unit;
  const parts = unitParts(unit, facts, digests);
  digests.set(id, { key: taskKey(parts), gives: {} });
  if (task.cache === 0) return 'it says "cache: never"';
  const known = newest.get(id);
  if (!known) return NO_CHECKPOINT;
  const { before, verdict } = known;
  const missing = task.takes.filter((name) => parts[`value ${name}`] === NOT_GIVEN);
  const change = describeChange(
    before.parts,
    // A value that is not given yet may turn out to be the same.
    { ...parts, ...Object.fromEntries(missing.map((name) => [`value ${name}`, before.parts[`value ${name}`] ?? ''])) },
  );
  if (change !== null) return change;
  if (missing.length > 0) return `it takes ${missing.join(', ')}, which is not given yet`;
  return verdict.fits
    ? 'a checkpoint that holds it holds less of the rest'
    : `its checkpoint is not used: ${verdict.reason}`;
}
