import type { CheckpointSettings } from '../checkpoint/checkpoint-settings.js';
import type { SliceState } from '../driver/types.js';
import type { VerbContext } from '../events.js';
import { slicePaths } from '../filenames.js';
import { prepareRoot } from '../files/prepare-root.js';
import { useImages } from '../image/lock-images.js';
import { checkOutputFiles, prepareOutputDirectory } from '../output/output-files.js';
import { hasLogin, sshAliases } from '../output/ssh-config.js';
import type { SlicePlan } from '../plan/plan.js';
import { recordTimings, runPhase, type Timings } from '../run-phase.js';
import { settleAll } from '../settle-all.js';
import { bootSlice } from './boot-slice.js';
import { failVms } from './fail-vms.js';
import { checkpointObstacle, findCheckpoint, type CheckpointQuestion } from './find-checkpoint.js';
import { keepCheckpoint, notKept } from './keep-checkpoint.js';
import { lockSlice } from './lock-slice.js';
import { prepareSliceDirectories } from './prepare-slice-directories.js';
import { readyImages } from './ready-images.js';
import { recordState } from './record-state.js';
import { restoreSlice } from './restore-slice.js';
import { lifeTime, prepareSeeds, type SliceBuildOptions } from './slice-build.js';
import { assertSameRoot, destroySlice, generatedFiles } from './wipe.js';

export interface CycleOptions extends SliceBuildOptions {
  readonly plan: SlicePlan;
  readonly dryRun: boolean;
  /** Milliseconds that were spent before the verb was called, on reading the configuration. */
  readonly configuration: number;
  /** Whether and how many checkpoints are kept; none is made or used where not given. */
  readonly checkpoint?: CheckpointSettings;
}

export interface CycleResult {
  readonly version: 1;
  readonly slice: number;
  readonly dryRun: boolean;
  readonly vms: readonly CycledVm[];
  /** Domains and networks of the old slice that were destroyed, or would be. */
  readonly destroyed: readonly string[];
  readonly files: readonly string[];
  /** Whether the VMs were brought back from a checkpoint instead of booted, or booted and one was kept. */
  readonly checkpoint: 'restored' | 'kept' | null;
  /** Milliseconds of each phase. */
  readonly timings: Timings;
}

export interface CycledVm {
  readonly hostname: string;
  readonly domain: string;
  readonly role: string;
  readonly accessAddress: string | null;
  /** Names that ssh knows the VM by; none where nobody can log in. */
  readonly aliases: readonly string[];
}

/**
 * Destroys what the slice holds and builds it anew. Nothing of the old slice is touched before everything that can fail early
 * has passed.
 *
 * @throws VirtbsError `vm-failed` where a VM could not be made or does not answer, after all others were tried; what the
 *   driver, the image library and the lock throw
 */
export async function cycle(options: CycleOptions, { emit: tell, signal }: VerbContext): Promise<CycleResult> {
  const { plan, driver, dryRun, timeout } = options;
  const { slice } = plan;
  const { root } = options.images;
  const paths = slicePaths(root, slice);
  const { emit, timings } = recordTimings(tell);
  const context = { emit, signal };
  emit({ type: 'phase-end', phase: 'configuration', milliseconds: options.configuration });

  await checkOutputFiles(slice, options.outputDirectory);
  if (!dryRun) {
    await prepareOutputDirectory(options.outputDirectory);
    await prepareRoot(root);
  }
  await using _lock = dryRun
    ? undefined
    : await runPhase(emit, 'lock', () => lockSlice({ root, slice, verb: 'cycle', timeout }, context));

  const old = await runPhase(emit, 'inspect', () => inspectSlice(options, context));
  const result = describeResult(options, old, timings);
  if (dryRun) return result;

  await using library = await useImages(root, { ...context, holder: `cycle of slice ${slice}`, timeout });
  await using ready = readyImages(plan, { source: options.images, driver, all: old !== undefined }, context);
  const [, { keys, seeds }] = await settleAll([
    runPhase(emit, 'images', () => ready.known),
    runPhase(emit, 'seeds', () => prepareSeeds(plan, paths, context)),
  ]);
  const asked: CheckpointQuestion | null = describeQuestion(options, { images: ready.images, seeds }, context);
  const checkpoint = asked && (await findCheckpoint(asked, context));
  const empty = async (): Promise<void> => {
    const files = await generatedFiles(paths, slice, options.outputDirectory);
    await destroySlice({ slice, driver, root, next: plan }, files, context);
    await prepareSliceDirectories(paths);
  };
  await runPhase(emit, 'wipe', empty);
  const { created, expires } = lifeTime(options.ttl);
  const request = { plan, images: ready.images, seeds, created, session: options.session, expires };
  const build = { request, options, keys, paths, onImagesRead: () => library[Symbol.asyncDispose]() };
  const restored = checkpoint && (await restoreSlice(checkpoint, build, context));
  if (checkpoint && !restored) await empty();
  const made = restored ?? (await bootSlice(build, context));
  const { built, facts, failures } = made;
  const state = await runPhase(emit, 'facts', () =>
    recordState(built, { ...options, images: ready.images, source: options.images, created, facts }, context),
  );
  if (failures.length > 0) await failVms(driver, { plan, failures, logs: paths.logs }, context);
  const boot = { ...options, paths, facts, boot: timings.wait ?? 0 };
  const kept = asked && !restored && (await keepCheckpoint({ ...boot, ...asked }, context));
  const vms = built.vms.map((vm) => cycledVm(built, vm));
  const outcome = restored ? 'restored' : kept ? 'kept' : null;
  return { ...result, vms, files: [...made.files, ...state], checkpoint: outcome };
}

/** Nothing where checkpoints are not wanted, or cannot be. */
function describeQuestion(
  { plan, driver, images: { root }, checkpoint: settings, wait }: CycleOptions,
  given: Pick<CheckpointQuestion, 'images' | 'seeds'>,
  { emit }: VerbContext,
): CheckpointQuestion | null {
  if (!settings || settings.keep === 'no') return null;
  const question = { root, plan, driver, settings, ...given };
  const obstacle = checkpointObstacle(question, wait);
  if (obstacle === null) return question;
  if (settings.keep === 'yes') emit(notKept(plan, obstacle, 'warning'));
  return null;
}

function describeResult({ plan, dryRun }: CycleOptions, old: SliceState | undefined, timings: Timings): CycleResult {
  const destroyed = [...(old?.vms ?? []).map(({ domain }) => domain), ...(old?.networks ?? []).map(({ name }) => name)];
  const vms = plan.vms.map((vm) => cycledVm(plan, vm));
  return { version: 1, slice: plan.slice, dryRun, vms, destroyed, files: [], checkpoint: null, timings };
}

async function inspectSlice(options: CycleOptions, context: VerbContext): Promise<SliceState | undefined> {
  const { plan, driver, images } = options;
  const [old] = await driver.inspect({ slice: plan.slice }, context);
  assertSameRoot(old, images.root);
  await driver.check(plan, old, context);
  return old;
}

export function cycledVm(plan: SlicePlan, vm: SlicePlan['vms'][number]): CycledVm {
  const { hostname, domain, role, accessAddress } = vm;
  return { hostname, domain, role, accessAddress, aliases: hasLogin(vm) ? sshAliases(plan, vm) : [] };
}
