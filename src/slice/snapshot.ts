import { countOf } from '../text/count-of.js';
import { renderSize } from '../text/render-size.js';
import { mkdir, rename, rm, statfs } from 'node:fs/promises';
import { assertAble } from '../driver/assert-able.js';
import type { KeepOutcome, SliceState } from '../driver/types.js';
import { VirtbsError } from '../errors.js';
import type { VerbContext } from '../events.js';
import { failedVm } from '../failed-vm.js';
import { writeFileAtomic } from '../files/write-file-atomic.js';
import { slicePaths, snapshotPaths, snapshotRecordPath, type SlicePaths } from '../filenames.js';
import type { SlicePlan, VmPlan } from '../plan/plan.js';
import { runPhase, type Timings } from '../run-phase.js';
import { openVerb } from './open-verb.js';
import { prepareSliceDirectories } from './prepare-slice-directories.js';
import { removeSnapshotLeftovers } from './remove-snapshot-leftovers.js';
import { setClocks } from '../guest/set-clocks.js';
import { assertSnapshotName, snapshotNames, type SnapshotRecord } from './snapshot-record.js';
import { readSlice, type StandingOptions, type StandingSlice } from './standing-slice.js';
import { syncDisks } from '../guest/sync-disks.js';
import { summarizeSnapshot, type SnapshotSummary } from './summarize-snapshot.js';

export interface SnapshotOptions extends StandingOptions {
  readonly name: string;
  /** Milliseconds to wait for another process that changes the slice. */
  readonly lockTimeout: number;
}

export interface SnapshotResult extends SnapshotSummary {
  readonly version: 1;
  readonly slice: number;
  readonly timings: Timings;
}

const MIB = 1024 ** 2;
/** Devices, and what a new disk needs for being one; bytes for each VM. */
const BESIDE_MEMORY = 16 * MIB;

/**
 * Keeps memory and disks of all VMs of a slice at one instant, under a name; where the hypervisor keeps no memory, what guests
 * have there alone is written to their disks before. They go on afterwards, and their clocks are set to
 * the time that it is. Whatever fails before all is kept leaves the slice as it was, and no snapshot.
 *
 * @throws VirtbsError `snapshot-exists`, `not-enough-disk`; `vm-failed` where a VM cannot go on, with the snapshot made
 */
export async function snapshot(options: SnapshotOptions, verb: VerbContext): Promise<SnapshotResult> {
  const { slice, root, name, driver, lockTimeout } = options;
  const paths = slicePaths(root, slice);
  assertSnapshotName(name);
  assertSnapshots(options);
  const inspect = (context: VerbContext): Promise<StandingSlice> => readSlice(options, context);
  const opening = { verb: 'snapshot', slice, root, lockTimeout, dryRun: false, inspect };
  await using opened = await openVerb(opening, verb);
  const { context, timings, found: standing } = opened;
  const { emit } = context;
  if ((await snapshotNames(paths)).includes(name)) {
    throw new VirtbsError('snapshot-exists', `slice ${slice} has a snapshot "${name}" already`, {
      hint: `choose another name, or: virtbs -s ${slice} snapshot rm ${name}`,
    });
  }
  await removeSnapshotLeftovers(paths, options, context);
  if (driver.features.snapshots === 'memory') {
    assertNothingShared(standing.plan);
    await assertRoom(standing, paths);
  } else
    await runPhase(emit, 'sync', () =>
      syncDisks(runningVms(standing.plan, standing.state), { slice, ...standing }, context),
    );
  const { record, failures } = await keepSlice(standing, { ...options, paths }, context);
  if (failures.length > 0) throw describeStuck(standing.plan, failures, name);
  if (driver.features.guests) {
    const vms = runningVms(standing.plan, record);
    await runPhase(emit, 'clock', () => setClocks(vms, { slice, ...standing }, context));
  }
  return { version: 1, slice, ...(await summarizeSnapshot(paths, record)), timings };
}

/** @throws VirtbsError `snapshot-unsupported`, `driver-unable` */
export function assertSnapshots({ driver, slice }: Pick<StandingOptions, 'driver' | 'slice'>): void {
  assertAble(driver, 'snapshot');
  if (driver.features.snapshots !== 'none') return;
  throw new VirtbsError('snapshot-unsupported', `the state of slice ${slice} cannot be kept by its hypervisor`);
}

/** @throws VirtbsError `snapshot-unsupported` where a VM shares folders: the emulator cannot keep that connection */
function assertNothingShared({ slice, vms }: SlicePlan): void {
  const sharing = vms.find(({ share }) => share);
  if (!sharing) return;
  throw new VirtbsError(
    'snapshot-unsupported',
    `${sharing.hostname} shares folders with this machine, and then memory cannot be kept`,
    { hint: `build slice ${slice} without "share"; virtbs sync copies folders into VMs` },
  );
}

/** The VMs of a plan that run, or ran when they were kept. */
export function runningVms(plan: SlicePlan, { vms }: Pick<SliceState | SnapshotRecord, 'vms'>): readonly VmPlan[] {
  const running = new Set(vms.filter(({ power }) => power === 'running').map(({ hostname }) => hostname));
  return plan.vms.filter(({ hostname }) => running.has(hostname));
}

/** @throws VirtbsError `not-enough-disk` where not even the memory that VMs may have written would fit */
async function assertRoom({ state }: StandingSlice, { directory }: SlicePaths): Promise<void> {
  const kept = state.vms.filter(({ power }) => power !== 'off');
  const needed = kept.reduce((total, { memoryMiB }) => total + memoryMiB * MIB + BESIDE_MEMORY, 0);
  const { bavail, bsize } = await statfs(directory);
  if (needed <= bavail * bsize) return;
  throw new VirtbsError(
    'not-enough-disk',
    `the VMs may have ${renderSize(needed)} to keep, ${renderSize(bavail * bsize)} of disk space are free in ${directory}`,
    { hint: 'remove snapshots or images (virtbs image gc), or stop VMs: one that is off has no memory to keep' },
  );
}

async function keepSlice(
  { origin }: StandingSlice,
  { slice, driver, name, paths }: SnapshotOptions & { readonly paths: SlicePaths },
  context: VerbContext,
): Promise<{ readonly record: SnapshotRecord; readonly failures: KeepOutcome['failures'] }> {
  const { unfinished, directory } = snapshotPaths(paths, name);
  await prepareSliceDirectories(paths);
  await mkdir(unfinished, { mode: 0o711 });
  try {
    const request = { slice, vms: origin.vms, directory: unfinished, layers: paths.layers };
    const created = new Date().toISOString();
    const { vms, failures } = await driver.keep(request, context);
    const record: SnapshotRecord = { version: 1, name, created, plans: origin.vms, vms };
    await writeFileAtomic(snapshotRecordPath(unfinished), `${JSON.stringify(record, null, 2)}\n`);
    await rename(unfinished, directory);
    return { record, failures };
  } catch (error) {
    await rm(unfinished, { recursive: true, force: true });
    throw error;
  }
}

function describeStuck({ slice }: SlicePlan, failures: KeepOutcome['failures'], name: string): VirtbsError {
  const lines = failures.map(({ vm, error }) => `  ${vm.hostname}: ${error?.message ?? 'unknown'}`);
  return new VirtbsError(
    'vm-failed',
    `slice ${slice}: snapshot ${name} is made, but ${countOf(failures.length, 'VM')} could not go on\n${lines.join('\n')}`,
    {
      hint: `virtbs -s ${slice} restore ${name} brings all of them back to that instant`,
      vms: failures.map(({ vm, error }) => failedVm(vm.hostname, error)),
    },
  );
}
