import { keptTasks } from '../checkpoint/kept-unit.js';
import { VirtbsError } from '../errors.js';
import type { VerbContext } from '../events.js';
import type { SlicePaths } from '../filenames.js';
import type { ImageBuild } from '../image/types.js';
import type { FirstBootContent } from '../seed/read-first-boot.js';
import type { DoneUnit } from '../task/do-options.js';
import { foreseeUnits } from '../task/foresee-units.js';
import type { PreparedTasks } from '../task/prepare-tasks.js';
import { checkpointQuestion, type CheckpointWish } from './checkpoint-question.js';
import { prepareSliceTasks, type SliceTasks } from './deploy-slice.js';
import { findCheckpoint, readyBuilds } from './find-checkpoint.js';
import { imagesOf, knownUnits, NOTHING_FOUND, type CheckpointSearch, type FoundCheckpoint } from './find-deployed.js';
import { readyImages } from './ready-images.js';
import { findSeeds, type CreationOptions } from './slice-creation.js';

/** A checkpoint that VMs come back from. */
export interface CheckpointSource {
  readonly key: string;
  /** ISO 8601, UTC. */
  readonly created: string;
  /** Tasks that are done in it, in the order in which they were done. */
  readonly tasks: readonly string[];
}

/** The cycle as it is asked for. */
export interface ForeseeOptions extends CheckpointWish, Pick<CreationOptions, 'outputDirectory' | 'luggage'> {
  readonly tasks?: SliceTasks | undefined;
}

/** The end of a cycle that is not run. */
export interface ForeseenCycle {
  readonly checkpoint: 'restored' | null;
  readonly from: CheckpointSource | null;
  readonly tasks?: readonly DoneUnit[];
}

interface Given {
  readonly paths: SlicePaths;
  readonly firstBoots: ReadonlyMap<string, FirstBootContent>;
}

export function describeSource({ record: { key, created, units = [] } }: FoundCheckpoint): CheckpointSource {
  return { key, created, tasks: keptTasks(units) };
}

/** Says which checkpoint a cycle would use now, and which tasks it would run. Makes nothing. */
export async function foreseeCycle(
  options: ForeseeOptions,
  { paths, firstBoots }: Given,
  context: VerbContext,
): Promise<ForeseenCycle> {
  const { plan } = options;
  const prepared = options.tasks && (await prepareSliceTasks(plan, options.tasks, { paths, dryRun: true }));
  const { found, judged, builds } = await search(options, { paths, firstBoots, prepared }, context);
  const source = found && describeSource(found);
  const foreseen = { checkpoint: source && 'restored', from: source } as const;
  if (!prepared) return foreseen;
  const facts = { ...prepared, plan, images: imagesOf(plan, builds) };
  return { ...foreseen, tasks: foreseeUnits(facts, found?.done ?? new Map(), knownUnits(judged)) };
}

interface Foreseen extends CheckpointSearch {
  readonly builds: ReadonlyMap<string, ImageBuild>;
}

/** Finds the checkpoint as the cycle itself would, among those of images and keys that exist. */
async function search(
  options: ForeseeOptions,
  { paths, firstBoots, prepared }: Given & { readonly prepared: PreparedTasks | undefined },
  context: VerbContext,
): Promise<Foreseen> {
  const { plan, driver, outputDirectory } = options;
  const nothing = { ...NOTHING_FOUND, builds: new Map() };
  const seeds = await findSeeds(plan, paths, { ...options, firstBoots });
  const asked = seeds && checkpointQuestion(options, { images: new Map(), seeds }, context);
  if (!asked) return nothing;
  await using ready = readyImages(plan, { source: { ...options.images, onlyFind: true }, driver, all: true }, context);
  const { images } = ready;
  const builds = await buildsOf(images, context);
  if (!builds) return nothing;
  const tasks = prepared ? { prepared, outputDirectory } : null;
  return { ...(await findCheckpoint({ ...asked, images }, tasks, context)), builds };
}

/** Returns the builds of all images; undefined where one is still to be made, which it says. */
async function buildsOf(
  images: ReadonlyMap<string, Promise<ImageBuild>>,
  { emit, signal }: VerbContext,
): Promise<ReadonlyMap<string, ImageBuild> | undefined> {
  try {
    return await readyBuilds({ images });
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof VirtbsError)) throw error;
    emit({ type: 'note', message: `no checkpoint is used: ${error.message}` });
    return undefined;
  }
}
