import { baseKey, type CheckpointRecord } from '../checkpoint/checkpoint-record.js';
import { keptTasks, type KeptUnit } from '../checkpoint/kept-unit.js';
import { planRecords } from '../checkpoint/plan-records.js';
import type { MemoryMode } from '../config/checkpoint-settings.js';
import type { VerbContext } from '../events.js';
import { imageName } from '../image/image-name.js';
import type { ImageBuild } from '../image/types.js';
import type { SlicePlan } from '../plan/plan.js';
import type { KnownUnits } from '../task/foresee-units.js';
import { judgeKeptUnits, type Verdict } from '../task/judge-kept-units.js';
import type { PreparedTasks } from '../task/prepare-tasks.js';
import { clockTime } from '../text/clock-time.js';
import { listSome } from '../text/list-some.js';

/** The tasks that are to be done on a slice. */
export interface TasksQuestion {
  readonly prepared: PreparedTasks;
  /** The folder of the slice's files, for tasks that run on this machine. */
  readonly outputDirectory: string;
}

export interface DeployedQuestion extends TasksQuestion {
  readonly root: string;
  readonly plan: SlicePlan;
  /** The key of the slice without tasks. */
  readonly base: string;
  /** How memory may be kept. */
  readonly memory: MemoryMode;
  /** Keyed by `SLOT:TAG`. */
  readonly builds: ReadonlyMap<string, ImageBuild>;
}

/** A checkpoint to go on from. */
export interface FoundCheckpoint {
  readonly record: CheckpointRecord;
  /** The units that are done in it, by id. */
  readonly done: ReadonlyMap<string, KeptUnit>;
}

/** A checkpoint of the plan, and whether it can be used. */
export interface JudgedCheckpoint {
  readonly record: CheckpointRecord;
  readonly verdict: Verdict;
}

/** The result of looking for a checkpoint. */
export interface CheckpointSearch {
  readonly found: FoundCheckpoint | null;
  /** The checkpoints of the plan, the oldest first; none where no tasks are to be done. */
  readonly judged: readonly JudgedCheckpoint[];
}

export const NOTHING_FOUND: CheckpointSearch = { found: null, judged: [] };

/** Finds the checkpoint of the plan with most of the work in it that still fits. Says why it is that one. */
export async function findDeployed(question: DeployedQuestion, { emit }: VerbContext): Promise<CheckpointSearch> {
  const judged = await judgeCheckpoints(question, Date.now());
  const [found = null] = judged
    .flatMap(({ record, verdict }) => (verdict.fits ? [{ record, done: verdict.done }] : []))
    .toSorted((one, other) => compareWork(workOf(other.record), workOf(one.record)));
  const known = found ? workOf(found.record) : [];
  const isWhole = known.length === question.prepared.graph.units.length;
  for (const { record, verdict } of judged) {
    if (verdict.fits) continue;
    // One that would have saved less is of no interest.
    const type = !isWhole && compareWork(workOf(record), known) > 0 ? 'note' : 'debug';
    emit({ type, message: `${describe(question, record)}; not used: ${verdict.reason}` });
  }
  if (found) emit({ type: 'note', message: `${describe(question, found.record)}; used` });
  return { found, judged };
}

/** Returns what foreseeing needs of checkpoints. */
export function knownUnits(judged: readonly JudgedCheckpoint[]): readonly KnownUnits[] {
  return judged.map(({ record, verdict }) => ({ units: workOf(record), verdict }));
}

/** Judges all checkpoints of the plan; the oldest first. @param now milliseconds since 1970 */
export async function judgeCheckpoints(
  { root, plan, base, builds, memory, prepared, outputDirectory }: DeployedQuestion,
  now: number,
): Promise<readonly JudgedCheckpoint[]> {
  const facts = { ...prepared, plan, images: imagesOf(plan, builds) };
  return (await planRecords(root, plan)).map((record) => {
    if (baseKey(record) !== base) return { record, verdict: { fits: false, reason: otherBase(record, builds) } };
    if (!hasMemory(record, memory)) return { record, verdict: { fits: false, reason: 'its memory is mapped' } };
    const { units = [] } = record;
    const here = units.find(({ vm }) => vm === null);
    if (here && record.outputDirectory !== outputDirectory) {
      const reason = `${here.task} ran on this machine with ${record.outputDirectory ?? 'an unknown folder'} as the folder of files`;
      return { record, verdict: { fits: false, reason } };
    }
    return { record, verdict: judgeKeptUnits(units, facts, now) };
  });
}

/** True for a checkpoint whose memory was kept in a way that may be used. */
export function hasMemory({ vms }: CheckpointRecord, memory: MemoryMode): boolean {
  return memory !== 'stream' || !vms.some(({ mapped }) => mapped);
}

/** Returns `SLOT/BUILD` of the image of each VM, as its metadata will have it. */
export function imagesOf(
  { vms }: SlicePlan,
  builds: ReadonlyMap<string, ImageBuild>,
): ReadonlyMap<string, string | null> {
  return new Map(
    vms.map(({ hostname, disks }) => {
      const [image] = disks.flatMap(({ slot, tag }) => (slot === null ? [] : (builds.get(imageName(slot, tag)) ?? [])));
      return [hostname, image ? `${image.slot}/${image.build}` : null];
    }),
  );
}

function otherBase({ builds: known }: CheckpointRecord, builds: ReadonlyMap<string, ImageBuild>): string {
  const now = new Set([...builds.values()].map(({ slot, build }) => `${slot}/${build}`));
  const gone = known.filter((build) => !now.has(build));
  if (gone.length > 0) return `it stands on ${listSome(gone)}, which was renewed`;
  return 'the keys of the slice, what its VMs are told at their first boot, the hypervisor or the boot of the host changed';
}

function workOf({ units = [] }: CheckpointRecord): readonly KeptUnit[] {
  return units;
}

/** Compares by the time that the work took, then by the number of tasks. */
function compareWork(one: readonly KeptUnit[], other: readonly KeptUnit[]): number {
  const time = (units: readonly KeptUnit[]): number => units.reduce((sum, { milliseconds }) => sum + milliseconds, 0);
  return time(one) - time(other) || one.length - other.length;
}

function describe({ plan }: DeployedQuestion, { created, units = [] }: CheckpointRecord): string {
  const clock = clockTime(created);
  const what = units.length === 0 ? 'no tasks' : listSome(keptTasks(units));
  return `slice ${plan.slice}: checkpoint of ${clock} holds ${what}`;
}
