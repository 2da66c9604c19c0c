import { copyFile, mkdir, rename, rm, statfs } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { deployedKey, planDigest } from '../checkpoint/checkpoint-key.js';
import { baseKey, layerFiles, type CheckpointRecord } from '../checkpoint/checkpoint-record.js';
import { keptTasks, type KeptUnit } from '../checkpoint/kept-unit.js';
import { planRecords } from '../checkpoint/plan-records.js';
import { limitCheckpoints } from '../checkpoint/limit-checkpoints.js';
import { removeCheckpoints } from '../checkpoint/remove-checkpoints.js';
import { VirtbsError } from '../errors.js';
import type { VerbContext, VirtbsEvent } from '../events.js';
import { writeFileAtomic } from '../files/write-file-atomic.js';
import {
  checkpointPaths,
  checkpointRecordPath,
  consolePath,
  keptConsolePath,
  rootPaths,
  unfinishedCheckpoint,
  type SlicePaths,
} from '../filenames.js';
import type { GuestFacts } from '../output/state.js';
import { readMappedRecord } from '../host/mapped-record.js';
import { readQcow2Header } from '../image/read-qcow2-header.js';
import { describeFileFailure } from '../image/explain-file-failure.js';
import { questionKey, readyBuilds, type CheckpointQuestion } from './find-checkpoint.js';
import { memoryToKeep, ROOM } from './memory-to-keep.js';
import { shareFile } from './restore-checkpoint.js';
import { setClocks } from '../guest/set-clocks.js';
import type { SlicePlan } from '../plan/plan.js';
import { runPhase } from '../run-phase.js';
import { listSome } from '../text/list-some.js';
import { renderSize } from '../text/render-size.js';
import { describeFailures, failedOutcomes } from './describe-failures.js';

export interface KeepCheckpointOptions extends CheckpointQuestion {
  readonly paths: SlicePaths;
  readonly outputDirectory: string;
  /** Milliseconds that the VMs took to boot: what keeping is to save; null where it is kept whatever that takes. */
  readonly boot: number | null;
  /** Tasks that are done. */
  readonly units: readonly KeptUnit[];
  readonly facts: ReadonlyMap<string, GuestFacts | null>;
  /** True if the slice goes on to be kept once more, with more of its tasks done. */
  readonly again?: boolean;
}

const MIB = 1024 ** 2;
/** Milliseconds to wait for those who bring checkpoints back. */
const PATIENCE = 10_000;
/** The cost of keeping a slice, about: these milliseconds for any slice, and bytes of memory per millisecond where memory is written or copied. */
const LEAST_TIME = 1000;
const SPEED = MIB;
/** The most time that keeping may take, as a part of the boot that it saves. */
const WORTH = 1;

/**
 * Keeps the slice as it is now, with all VMs ready, for the next time that it is made from the same plan, images, seeds and
 * host; nobody is to use the VMs meanwhile. Where it does not pay or there is no room, nothing is done, and where it fails the VMs
 * go on without: neither is a failure of the slice.
 *
 * @returns whether there is a checkpoint now
 * @throws VirtbsError `vm-failed` where a VM that was kept cannot go on
 */
export async function keepCheckpoint(options: KeepCheckpointOptions, context: VerbContext): Promise<boolean> {
  const { root, plan, settings } = options;
  const { emit, signal } = context;
  try {
    const against = await reasonAgainst(options, context);
    if (against !== null) {
      const told = settings.keep === 'yes' ? 'warning' : 'debug';
      emit(notKept(plan, against, told));
      return false;
    }
    const start = performance.now();
    const kept = await keepSlice(options, context);
    await limitCheckpoints(root, { ...settings, kept }, context);
    const seconds = ((performance.now() - start) / 1000).toFixed(1);
    const tasks = keptTasks(options.units);
    const what = tasks.length > 0 ? `with ${listSome(tasks)} done` : 'for the next cycle like this one';
    emit({ type: 'note', message: `slice ${plan.slice}: kept in ${seconds} s, ${what}` });
    return true;
  } catch (error) {
    signal.throwIfAborted();
    const told = describeFileFailure('its files', error, { full: '', other: '' });
    if (!(told instanceof VirtbsError) || told.code === 'cancelled' || told.code === 'vm-failed') throw error;
    const [first = ''] = told.message.split('\n');
    emit(notKept(plan, first, 'warning'));
    return false;
  }
}

/** Returns the event for a slice of which no checkpoint is made. */
export function notKept({ slice }: Pick<SlicePlan, 'slice'>, reason: string, type: 'warning' | 'debug'): VirtbsEvent {
  return { type, message: `slice ${slice} is not kept as a checkpoint: ${reason}` };
}

/** Returns why no checkpoint is to be made, or null. */
async function reasonAgainst(
  { driver, plan, root, settings, boot, again = false }: KeepCheckpointOptions,
  context: VerbContext,
): Promise<string | null> {
  const { vms } = await driver.usage({ slice: plan.slice }, context);
  const memory = vms.map(({ residentBytes, memoryMiB }) => Math.min(residentBytes, memoryMiB * MIB));
  const bytes = memory.reduce((sum, each) => sum + each, 0);
  const { bavail, bsize } = await statfs(rootPaths(root).root);
  const free = bavail * bsize;
  if (bytes > free * ROOM || bytes > settings.maxSize) {
    return `up to ${renderSize(bytes)} of memory, ${renderSize(free)} of disk space are free`;
  }
  if (settings.keep !== 'auto' || boot === null) return null;
  // VMs that have just booted have files as their memory where that is possible, and these are not copied.
  const copied = again || !(await mayMap(root, settings)) ? bytes : 0;
  return expectedTime(copied) > boot * WORTH ? 'its VMs boot too fast for that to pay' : null;
}

/** @param bytes of memory that is written, or copied */
function expectedTime(bytes: number): number {
  return LEAST_TIME + bytes / SPEED;
}

async function mayMap(root: string, { memory }: KeepCheckpointOptions['settings']): Promise<boolean> {
  return memory !== 'stream' && (await readMappedRecord(root))?.reason === null;
}

/** Returns the milliseconds that keeping the slice takes, about: those of the last time, or what its memory lets expect. */
export async function keepingTime(
  { driver, plan, root }: Pick<CheckpointQuestion, 'driver' | 'plan' | 'root'>,
  context: VerbContext,
): Promise<number> {
  const records = await planRecords(root, plan);
  const known = records.findLast(({ milliseconds }) => milliseconds !== undefined)?.milliseconds;
  if (known !== undefined) return known;
  const { vms } = await driver.usage({ slice: plan.slice }, context);
  return expectedTime(vms.reduce((sum, { residentBytes }) => sum + residentBytes, 0));
}

/** Returns the key of the checkpoint that there is now. */
async function keepSlice(options: KeepCheckpointOptions, context: VerbContext): Promise<string> {
  const { root, plan, driver, paths, units, outputDirectory } = options;
  const began = performance.now();
  const { slice } = plan;
  const builds = await readyBuilds(options);
  const base = await questionKey(options, builds, context);
  const key = deployedKey(base, units);
  const unfinished = unfinishedCheckpoint(root, slice);
  await rm(unfinished, { recursive: true, force: true });
  await mkdir(unfinished, { recursive: true, mode: 0o700 });
  try {
    const created = new Date().toISOString();
    const again = options.again === true && (await memoryToKeep(options)) !== 'stream';
    const request = { slice, vms: plan.vms, directory: unfinished, layers: paths.layers, again };
    const { vms, failures } = await driver.keep(request, context);
    if (failures.length > 0) throw describeFailures(plan, failedOutcomes(failures), paths.logs);
    const clocks = runPhase(context.emit, 'clock', () => setClocks(plan.vms, { slice, ...options }, context));
    const record: CheckpointRecord = {
      version: 1,
      key,
      slice,
      created,
      plan: planDigest(plan),
      builds: [...new Set([...builds.values()].map(({ slot, build }) => `${slot}/${build}`))].sort(),
      vms,
      facts: Object.fromEntries(options.facts),
      base,
      units,
      outputDirectory,
      layers: await layersOf(vms, paths),
      milliseconds: Math.round(performance.now() - began),
    };
    const [files] = await Promise.allSettled([collect(record, unfinished, paths), clocks]);
    if (files.status === 'rejected') throw files.reason;
    await clocks;
    // Those of other images, keys or hosts could be used only if all of that came back.
    const others = (await planRecords(root, plan)).filter((each) => baseKey(each) !== base);
    const outdated = [key, ...others.map((each) => each.key)];
    await removeCheckpoints(root, outdated, { ...context, holder: `cycle of slice ${slice}`, lockTimeout: PATIENCE });
    await rename(unfinished, checkpointPaths(root, key).directory);
    return key;
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
}

/** Puts beside the memory what else the VMs need to go on from there. */
async function collect(record: CheckpointRecord, directory: string, paths: SlicePaths): Promise<void> {
  await Promise.all([
    ...layerFiles(record).map((layer) => shareFile(join(paths.layers, layer), join(directory, layer))),
    ...record.vms.map(({ hostname }) => copyFile(consolePath(paths, hostname), keptConsolePath(directory, hostname))),
  ]);
  await writeFileAtomic(checkpointRecordPath(directory), `${JSON.stringify(record, null, 2)}\n`, 0o600);
}

/** Returns the files of the slice that the disks stand on, and those that these stand on: a slice that came back is kept again. */
async function layersOf(vms: CheckpointRecord['vms'], { layers }: SlicePaths): Promise<readonly string[]> {
  const found = new Set<string>();
  let next = vms.flatMap(({ disks }) => disks.map(({ layer }) => layer));
  while (next.length > 0) {
    for (const layer of next) found.add(layer);
    const headers = await Promise.all(next.map((layer) => readQcow2Header(join(layers, layer))));
    next = headers.flatMap((header) => {
      const path = header?.backingFile ?? '';
      return dirname(path) === layers && !found.has(basename(path)) ? [basename(path)] : [];
    });
  }
  return [...found];
}
