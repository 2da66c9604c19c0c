import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { assertAble } from '../driver/assert-able.js';
import type { Driver, OtherItem, SliceState } from '../driver/types.js';
import { VirtbsError } from '../errors.js';
import type { VerbContext } from '../events.js';
import { outputPaths, slicePaths, unfinishedCheckpoint, type SlicePaths } from '../filenames.js';
import { ownedOutputFiles, removeOutputFiles } from '../output/output-files.js';
import { runProgram } from '../process/run-program.js';
import { removeLease } from '../session/leases.js';
import { openVerb } from './open-verb.js';
import type { SlicePlan } from '../plan/plan.js';
import { runPhase, type Timings } from '../run-phase.js';
import { settleAll } from '../settle-all.js';
import { readSliceRecord } from './slice-record.js';
import { endLocalTasks } from '../task/end-local-tasks.js';

export interface WipeOptions {
  readonly slice: number;
  readonly driver: Driver;
  readonly root: string;
  /** A further folder in which generated files are looked for. */
  readonly outputDirectory: string;
  /** Milliseconds to wait for another process that changes the slice. */
  readonly lockTimeout: number;
  readonly dryRun: boolean;
  /** Asked once nobody else changes the slice; where it says no, nothing is destroyed. */
  readonly only?: (state: SliceState | undefined) => boolean | Promise<boolean>;
}

export interface WipeResult {
  readonly version: 1;
  readonly slice: number;
  readonly dryRun: boolean;
  /** Domains, networks, what else the driver has of the slice, and files that were destroyed, or would be. */
  readonly vms: readonly string[];
  readonly networks: readonly string[];
  readonly others: readonly OtherItem[];
  readonly files: readonly string[];
  readonly timings: Timings;
}

/**
 * Destroys what carries the slice's metadata, and the slice's files; nothing else. An empty slice is done at once. The
 * slice's keys stay: they are its identity; and its checkpoints, as images do.
 */
export async function wipe(options: WipeOptions, verb: VerbContext): Promise<WipeResult> {
  const { slice, driver, root, dryRun, lockTimeout } = options;
  assertAble(driver, 'destroy');
  const inspect = async (context: VerbContext) =>
    await settleAll([driver.inspect({ slice }, context), driver.listOthers?.(slice, context)]);
  await using opened = await openVerb({ verb: 'wipe', slice, root, lockTimeout, dryRun, inspect }, verb);
  const { context, timings } = opened;
  const [[state], others = []] = opened.found;
  if (options.only && !(await options.only(state))) return emptyResult(options, timings);
  assertSameRoot(state, root);
  const files = await generatedFiles(slicePaths(root, slice), slice, options.outputDirectory);
  const removed = dryRun
    ? await ownedOutputFiles(slice, files)
    : await runPhase(context.emit, 'wipe', () => destroySlice(options, files, context));
  if (!dryRun) await removeLease(root, slice);
  return {
    ...emptyResult(options, timings),
    vms: state?.vms.map(({ domain }) => domain) ?? [],
    networks: state?.networks.map(({ name }) => name) ?? [],
    others,
    files: removed,
  };
}

function emptyResult({ slice, dryRun }: WipeOptions, timings: Timings): WipeResult {
  return { version: 1, slice, dryRun, vms: [], networks: [], others: [], files: [], timings };
}

/**
 * Removes VMs, networks, and every file of the slice but its keys; networks that the next plan wants may stay. The caller holds the
 * slice's lock.
 */
export async function destroySlice(
  { slice, driver, root, next }: Pick<WipeOptions, 'slice' | 'driver' | 'root'> & { readonly next?: SlicePlan },
  files: readonly string[],
  context: VerbContext,
): Promise<readonly string[]> {
  const paths = slicePaths(root, slice);
  await endLocalTasks(paths, context.signal);
  await driver.destroy(slice, context, next);
  await endSharedConnections(paths);
  const removed = await removeOutputFiles(slice, files);
  for (const folder of [paths.directory, unfinishedCheckpoint(root, slice)]) {
    await rm(folder, { recursive: true, force: true });
  }
  return removed;
}

/** The files that `cycle` wrote, as far as we know: those of its record, and those of the folder we are told. */
export async function generatedFiles(paths: SlicePaths, slice: number, outputDirectory: string): Promise<string[]> {
  const { files } = await readSliceRecord(paths);
  return [...new Set([...files, ...Object.values(outputPaths(outputDirectory, slice))])];
}

/** @throws VirtbsError `foreign-slice` where the slice was made with another root: its files are not ours to judge */
export function assertSameRoot(state: SliceState | undefined, root: string): void {
  if (!state || state.root === root) return;
  throw new VirtbsError('foreign-slice', `slice ${state.slice} was built with --root ${state.root}, not ${root}`, {
    hint: `choose another slice, or give --root ${state.root}`,
  });
}

/** Ends the ssh processes that keep connections to the slice open; a connection to a dead VM would hang for minutes. */
async function endSharedConnections({ mux }: SlicePaths): Promise<void> {
  const sockets = await readdir(mux).catch(() => []);
  const ends = sockets.map((socket) =>
    runProgram('ssh', ['-O', 'exit', '-o', `ControlPath=${join(mux, socket).replaceAll('%', '%%')}`, 'virtbs'], {
      timeout: 5000,
    }),
  );
  await Promise.allSettled(ends);
}
