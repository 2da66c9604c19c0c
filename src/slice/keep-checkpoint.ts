import { copyFile, mkdir, rename, rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { planDigest } from '../checkpoint/checkpoint-key.js';
import { checkpointKeys, readCheckpointRecord, type CheckpointRecord } from '../checkpoint/checkpoint-record.js';
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
import { describeFileFailure } from '../image/explain-file-failure.js';
import { questionKey, readyBuilds, type CheckpointQuestion } from './find-checkpoint.js';
import { shareFile } from './restore-checkpoint.js';
import { setClocks } from './set-clocks.js';
import type { SlicePlan } from '../plan/plan.js';
import { runPhase } from '../run-phase.js';
import { describeFailures, failedOutcomes } from './vm-failure.js';

export interface KeepCheckpointOptions extends CheckpointQuestion {
  readonly paths: SlicePaths;
  readonly outputDirectory: string;
  /** Milliseconds that the VMs took to boot. */
  readonly boot: number;
  readonly facts: ReadonlyMap<string, GuestFacts | null>;
}

const MIB = 1024 ** 2;
/** Milliseconds to wait for those who bring checkpoints back. */
const PATIENCE = 10_000;
/** What it takes to keep a slice, about: milliseconds whatever it is, and bytes of memory a millisecond. */
const LEAST_TIME = 1000;
const SPEED = MIB;
/** What keeping may take, as a part of the boot that it spares. */
const WORTH = 1;
/** Parts of the free space that a checkpoint may take. */
const ROOM = 0.5;

/**
 * Keeps the slice as it is now, with all VMs ready, for the next time that it is built from the same plan, images, seeds and
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
    await keepSlice(options, context);
    await limitCheckpoints(root, settings, context);
    const seconds = ((performance.now() - start) / 1000).toFixed(1);
    emit({ type: 'note', message: `slice ${plan.slice}: kept in ${seconds} s, for the next cycle like this one` });
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

/** What is told of a slice of which no checkpoint is made. */
export function notKept({ slice }: Pick<SlicePlan, 'slice'>, reason: string, type: 'warning' | 'debug'): VirtbsEvent {
  return { type, message: `slice ${slice} is not kept as a checkpoint: ${reason}` };
}

/** Why no checkpoint is to be made, or null. */
async function reasonAgainst(
  { driver, plan, root, settings, boot }: KeepCheckpointOptions,
  context: VerbContext,
): Promise<string | null> {
  const { vms } = await driver.usage({ slice: plan.slice }, context);
  const memory = vms.map(({ residentBytes, memoryMiB }) => Math.min(residentBytes, memoryMiB * MIB));
  const bytes = memory.reduce((sum, each) => sum + each, 0);
  const { bavail, bsize } = await statfs(rootPaths(root).root);
  const free = bavail * bsize;
  if (bytes > free * ROOM || bytes > settings.maxSize) {
    return `up to ${Math.ceil(bytes / MIB)} MiB of memory, ${Math.floor(free / MIB)} MiB of disk space are free`;
  }
  const time = LEAST_TIME + bytes / SPEED;
  if (settings.keep === 'auto' && time > boot * WORTH) return 'its VMs boot too fast for that to pay';
  return null;
}

async function keepSlice(options: KeepCheckpointOptions, context: VerbContext): Promise<void> {
  const { root, plan, driver, paths } = options;
  const { slice } = plan;
  const builds = await readyBuilds(options);
  const key = await questionKey(options, builds, context);
  const unfinished = unfinishedCheckpoint(root, slice);
  await rm(unfinished, { recursive: true, force: true });
  await mkdir(unfinished, { recursive: true, mode: 0o700 });
  try {
    const created = new Date().toISOString();
    const request = { slice, vms: plan.vms, directory: unfinished, layers: paths.layers };
    const { vms, failures } = await driver.saveState(request, context);
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
    };
    const [files] = await Promise.allSettled([collect(record, unfinished, paths), clocks]);
    if (files.status === 'rejected') throw files.reason;
    await clocks;
    const outdated = [key, ...(await checkpointsOfPlan(root, record))];
    await removeCheckpoints(root, outdated, { ...context, holder: `cycle of slice ${slice}`, timeout: PATIENCE });
    await rename(unfinished, checkpointPaths(root, key).directory);
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
}

/** Puts beside the memory what else the VMs need to go on from there. */
async function collect(record: CheckpointRecord, directory: string, paths: SlicePaths): Promise<void> {
  await Promise.all(
    record.vms.flatMap(({ hostname, disks }) => [
      ...disks.map(({ layer }) => shareFile(join(paths.layers, layer), join(directory, layer))),
      copyFile(consolePath(paths, hostname), keptConsolePath(directory, hostname)),
    ]),
  );
  await writeFileAtomic(checkpointRecordPath(directory), `${JSON.stringify(record, null, 2)}\n`, 0o600);
}

/** Those of other images, keys or hosts: they could be used only if all of that came back. */
async function checkpointsOfPlan(root: string, { slice, plan }: CheckpointRecord): Promise<readonly string[]> {
  const keys = await checkpointKeys(root);
  const records = await Promise.all(keys.map((key) => readCheckpointRecord(root, key)));
  return records.flatMap((each) => (each?.slice === slice && each.plan === plan ? [each.key] : []));
}
