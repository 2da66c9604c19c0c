import { isDeepStrictEqual } from 'node:util';
import { VirtbsError } from '../errors.js';
import type { VerbContext } from '../events.js';
import { outputPaths, slicePaths, snapshotPaths } from '../filenames.js';
import type { SlicePlan } from '../plan/plan.js';
import { runPhase, type Timings } from '../run-phase.js';
import { endSharedConnection } from '../guest/end-shared-connection.js';
import { openVerb } from './open-verb.js';
import { removeSnapshotLeftovers } from './remove-snapshot-leftovers.js';
import { setClocks } from '../guest/set-clocks.js';
import { assertSnapshots, runningVms } from './snapshot.js';
import { assertSnapshotKnown, readSnapshotRecord, type SnapshotRecord } from './snapshot-record.js';
import { readSlice, type StandingOptions, type StandingSlice } from './standing-slice.js';
import { describeFailures, failedOutcomes } from './describe-failures.js';
import { waitForVms } from '../guest/wait-for-vms.js';

export interface RestoreOptions extends StandingOptions {
  readonly name: string;
  /** Milliseconds without progress after which a VM is given up. */
  readonly bootTimeout: number;
  readonly wait: boolean;
  readonly dryRun: boolean;
  /** Milliseconds to wait for another process that changes the slice. */
  readonly lockTimeout: number;
}

export interface RestoreResult {
  readonly version: 1;
  readonly slice: number;
  readonly dryRun: boolean;
  readonly name: string;
  /** When the snapshot was made; ISO 8601, UTC. */
  readonly created: string;
  readonly vms: readonly {
    readonly hostname: string;
    readonly domain: string;
    readonly role: string;
    readonly power: 'running' | 'paused' | 'off';
  }[];
  readonly timings: Timings;
}

/**
 * Makes all VMs of a slice what they were when the snapshot was made: memory, devices and disks. What they have done since is
 * lost. Those that ran go on, accept logins again, and have the time that it is.
 *
 * @throws VirtbsError `snapshot-unknown`, `snapshot-unfit` before anything is touched; `vm-failed` after all others were tried
 */
export async function restore(options: RestoreOptions, verb: VerbContext): Promise<RestoreResult> {
  const { slice, root, name, driver, dryRun, lockTimeout } = options;
  const paths = slicePaths(root, slice);
  assertSnapshots(options);
  const inspect = (context: VerbContext): Promise<StandingSlice> => readSlice(options, context);
  await using opened = await openVerb({ verb: 'restore', slice, root, lockTimeout, dryRun, inspect }, verb);
  const { context, timings } = opened;
  const { plan, origin, outputDirectory } = opened.found;
  await assertSnapshotKnown(paths, slice, name);
  const record = await readSnapshotRecord(paths, name);
  assertFits(origin, record);
  const vms = describeVms(plan, record);
  const result = { version: 1, slice, dryRun, name, created: record.created, vms, timings } as const;
  if (dryRun) return result;
  await removeSnapshotLeftovers(paths, options, context);
  await endSharedConnections(plan, outputDirectory);
  const { directory } = snapshotPaths(paths, name);
  const request = { slice, vms: origin.vms, directory, layers: paths.layers, kept: record.vms };
  const outcomes = await driver.restore(request, context);
  await removeSnapshotLeftovers(paths, options, context);
  const failed = new Set(outcomes.map(({ vm }) => vm.hostname));
  const back = { ...plan, vms: runningVms(plan, record).filter(({ hostname }) => !failed.has(hostname)) };
  const late = await waitForRestored(back, { ...options, outputDirectory }, context);
  const failures = [...failedOutcomes(outcomes), ...late];
  if (failures.length > 0) throw describeFailures(plan, failures, paths.logs);
  return result;
}

/** @throws VirtbsError `snapshot-unfit` where the VMs are others than those that were kept */
function assertFits({ slice, vms }: SlicePlan, { name, plans }: SnapshotRecord): void {
  const names = (list: SlicePlan['vms']): readonly string[] => list.map(({ hostname }) => hostname);
  const differ = plans.filter((kept) => {
    const now = vms.find(({ hostname }) => hostname === kept.hostname);
    return now !== undefined && !isDeepStrictEqual(now, kept);
  });
  const lists = [
    ['has now', names(vms).filter((hostname) => !names(plans).includes(hostname))],
    ['has no more', names(plans).filter((hostname) => !names(vms).includes(hostname))],
    ['has changed', names(differ)],
  ] as const;
  const reasons = lists.flatMap(([what, hostnames]) =>
    hostnames.length === 0 ? [] : [`${what} ${hostnames.join(', ')}`],
  );
  if (reasons.length === 0) return;
  throw new VirtbsError('snapshot-unfit', `snapshot ${name} is of other VMs: slice ${slice} ${reasons.join('; ')}`, {
    hint: 'virtbs up --prune with the layers and topology of then makes the slice fit',
  });
}

/** A connection to what a VM was would hang for minutes. */
async function endSharedConnections({ slice, vms }: SlicePlan, outputDirectory: string): Promise<void> {
  const { sshConfig } = outputPaths(outputDirectory, slice);
  await Promise.all(vms.map(({ hostname }) => endSharedConnection({ sshConfig, hostname })));
}

async function waitForRestored(
  back: SlicePlan,
  options: RestoreOptions,
  context: VerbContext,
): Promise<Awaited<ReturnType<typeof waitForVms>>> {
  const { driver, wait } = options;
  if (!wait || !driver.features.guests) return [];
  const failures = await runPhase(context.emit, 'wait', () => waitForVms(back, options, context));
  const ready = back.vms.filter((vm) => failures.every((failure) => failure.vm !== vm));
  await runPhase(context.emit, 'clock', () => setClocks(ready, options, context));
  return failures;
}

function describeVms({ vms }: SlicePlan, record: SnapshotRecord): RestoreResult['vms'] {
  return vms.map(({ hostname, domain, role }) => {
    const power = record.vms.find((kept) => kept.hostname === hostname)?.power ?? 'off';
    return { hostname, domain, role, power };
  });
}
