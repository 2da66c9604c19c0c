import type { NetworkState, SliceState, VmState } from '../driver/types.js';
import { readStateFile } from '../output/read-state-file.js';
import type { GuestFacts } from '../output/state.js';
import type { State } from '../output/state-schema.js';
import { recordState } from './record-state.js';
import { VirtbsError } from '../errors.js';
import type { VerbContext } from '../events.js';
import { outputPaths, slicePaths } from '../filenames.js';
import { useImages } from '../image/lock-images.js';
import { filesBesides, removeOutputFiles } from '../output/output-files.js';
import type { SlicePlan, VmPlan } from '../plan/plan.js';
import { runPhase } from '../run-phase.js';
import { failVms } from './fail-vms.js';
import { endSharedConnection } from '../guest/end-shared-connection.js';
import { prepareSliceDirectories } from './prepare-slice-directories.js';
import { readyImages } from './ready-images.js';
import { findOutputDirectory } from './find-output-directory.js';
import { reachedPlan } from './standing-slice.js';
import type { VmFailure } from '../guest/vm-failure.js';
import { failedOutcomes, failureReason } from './describe-failures.js';
import type { WaitOptions } from '../guest/wait-for-vms.js';
import {
  checkFirstBoots,
  lifeTime,
  prepareSeeds,
  undoNothing,
  waitForCreated,
  writeFiles,
  type CreationOptions,
} from './slice-creation.js';
import { generatedFiles } from './wipe.js';

/** A change of a slice that leaves the rest of it alone. */
export interface BesideRequest {
  /** The slice as it will be. */
  readonly plan: SlicePlan;
  /** VMs of it that are to be made; those of the same names were removed. */
  readonly make: readonly VmPlan[];
  /** VMs of it that stand and are off. */
  readonly start: readonly VmPlan[];
  readonly remove: { readonly vms: readonly VmState[]; readonly networks: readonly NetworkState[] };
  readonly old: SliceState | undefined;
}

export interface BesideResult {
  /** The slice with the addresses that its VMs have now. */
  readonly standing: SlicePlan;
  readonly files: readonly string[];
}

/**
 * Removes, makes and starts some VMs of a slice beside those that go on, and writes the files of all. Nothing is removed
 * before everything that can fail early has passed. The caller holds the slice's lock.
 *
 * @throws VirtbsError `vm-failed` where a VM could not be made or does not answer, after all others were tried
 */
export async function createBeside(
  options: CreationOptions,
  request: BesideRequest,
  context: VerbContext,
): Promise<BesideResult> {
  const { driver, images: source, outputDirectory, session } = options;
  const { plan, make, start, remove, old } = request;
  const { slice } = plan;
  const { emit } = context;
  const paths = slicePaths(source.root, slice);
  const firstBoots = await checkFirstBoots(make, options);
  await driver.check(plan, old, context);
  const makePlan = { ...plan, vms: make };
  await using library = await useImages(source.root, { ...context, holder: `making VMs of slice ${slice}` });
  await using ready = readyImages(makePlan, { source, driver, all: remove.vms.length > 0 }, context);
  await runPhase(emit, 'images', () => ready.known);
  const { keys, seeds } = await runPhase(emit, 'seeds', () =>
    prepareSeeds(plan, paths, { ...context, firstBoots, driver }),
  );
  const folder = await findOutputDirectory({ slice, root: source.root, outputDirectory });
  if (remove.vms.length > 0 || remove.networks.length > 0) {
    await runPhase(emit, 'wipe', async () => {
      const { sshConfig } = outputPaths(folder, slice);
      await Promise.all(remove.vms.map(({ hostname }) => endSharedConnection({ sshConfig, hostname })));
      await driver.remove(remove, slice, context);
    });
  }
  await prepareSliceDirectories(paths);
  const before = await stateBefore(folder, request);
  const stands = old !== undefined && old.vms.length > 0;
  const only = new Set(make.map(({ hostname }) => hostname));
  const { created, expires } = lifeTime(options.ttl, old?.expires);
  const outcomes = await driver.create(
    { plan, images: ready.images, seeds, created, session, expires, ...(stands && { only }) },
    context,
  );
  await library[Symbol.asyncDispose]();
  if (!stands) await undoNothing(outcomes, { ...options, slice, images: ready.images }, context);
  const failed = new Set(outcomes.flatMap(({ vm, error }) => (error === null ? [] : [vm])));
  const standing = await reachedPlan(driver, { ...plan, vms: plan.vms.filter((vm) => !failed.has(vm)) }, context);
  const files = await runPhase(emit, 'files', async () => {
    const known = await generatedFiles(paths, slice, outputDirectory);
    const written = await writeFiles(standing, keys, { options, paths });
    await removeOutputFiles(slice, await filesBesides(written, known));
    return written;
  });
  const lame = await startSome(start, options, context);
  const asked = [
    ...make.filter((vm) => !failed.has(vm)),
    ...start.filter((vm) => !lame.some((each) => each.vm === vm)),
  ];
  const names = new Set(asked.map(({ hostname }) => hostname));
  const waited = standing.vms.filter(({ hostname }) => names.has(hostname));
  const facts = new Map<string, GuestFacts | null>();
  const onFacts: WaitOptions['onFacts'] = (vm, said) => facts.set(vm.hostname, said);
  const slow = await waitForCreated({ ...standing, vms: waited }, { ...options, onFacts, made: only }, context);
  const state = await runPhase(emit, 'facts', () =>
    recordState(standing, { ...options, images: ready.images, source, created, facts, before }, context),
  );
  const failures = [...failedOutcomes(outcomes), ...lame, ...slow];
  if (failures.length > 0) await failVms({ ...options, plan, failures, logs: paths.logs }, context);
  return { standing, files: [...files, ...state] };
}

/** Reads the recorded state of the VMs that go on as they are. */
async function stateBefore(folder: string, { plan, make }: BesideRequest): Promise<State | undefined> {
  const state = await readStateFile(folder, plan.slice);
  const made = new Set(make.map(({ hostname }) => hostname));
  return state && { ...state, vms: state.vms.filter(({ hostname }) => !made.has(hostname)) };
}

/** Says which could not be started. */
async function startSome(
  vms: readonly VmPlan[],
  { driver }: CreationOptions,
  context: VerbContext,
): Promise<readonly VmFailure[]> {
  const failures = vms.map(async (vm): Promise<VmFailure | null> => {
    try {
      await driver.power(vm, 'start', context);
      context.emit({ type: 'vm', hostname: vm.hostname, phase: 'started' });
      return null;
    } catch (error) {
      if (!(error instanceof VirtbsError) || error.code === 'cancelled') throw error;
      return { vm, phase: 'defined', ...failureReason(error), console: [] };
    }
  });
  return (await Promise.all(failures)).filter((failure) => failure !== null);
}
